//! A folder whose files are imported: `[sources.drop]`.

use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::Records;
use crate::domain::SourceId;

use super::gather::Gathered;
use super::settings::parsed;

/// Longest pause between two looks, in seconds: whoever lays a file in waits for two of them.
const EVERY_MAX_S: u64 = 3_600;

/// A folder that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropSource {
    /// The folder.
    pub folder: PathBuf,
    /// What the usage in it is called here.
    pub name: SourceId,
    /// How long after a look the next one begins.
    pub every: Duration,
    /// What files hold that lie in the folder itself.
    pub holds: Records,
}

/// The source, when there is a folder for it.
pub(super) fn read(all: &mut Gathered) -> Option<DropSource> {
    let folder = PathBuf::from(all.get("sources.drop.folder").text);
    let source = DropSource {
        name: parsed(all, "sources.drop.name", SourceId::new("drop").expect("the word is a name"), |text| {
            SourceId::new(text).map_err(|bad| format!("is not a name: {bad}"))
        }),
        every: parsed(all, "sources.drop.every_seconds", Duration::from_secs(1), seconds),
        holds: parsed(all, "sources.drop.holds", Records::Usage, Records::from_str),
        folder,
    };
    if source.folder.as_os_str().is_empty() {
        return None;
    }
    if source.folder.as_path() == Path::new(&all.get("data.dir").text) {
        let place = all.get("sources.drop.folder").place;
        all.wrong(place, "is data.dir, where the database lives; name another folder");
    }
    Some(source)
}

fn seconds(text: &str) -> Result<Duration, String> {
    let given = text.parse().ok().filter(|seconds| (1..=EVERY_MAX_S).contains(seconds));
    given
        .map(Duration::from_secs)
        .ok_or_else(|| format!("“{text}” must be a number of seconds from 1 to {EVERY_MAX_S}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;
    use crate::config::Settings;

    fn load(file: &str, folder: &str) -> Result<Settings, String> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("etsm.toml");
        std::fs::write(&path, file).unwrap();
        let environment = Environment::of([("ETSM_DROP_FOLDER", folder)]);
        Settings::load(Some(&path), &environment).map_err(|mistakes| {
            let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            lines.join("\n").replace(&path.display().to_string(), "etsm.toml")
        })
    }

    #[test]
    fn a_folder_alone_is_enough_and_none_is_off() {
        let source = load("", "/srv/drop").unwrap().drop_source.unwrap();
        assert_eq!(
            (source.name.as_str(), source.every.as_secs(), source.holds),
            ("drop", 10, Records::Usage)
        );
        assert_eq!(load("", "").unwrap().drop_source, None);
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        let file = "[sources.drop]\nname = \"a b\"\nevery_seconds = 0\nholds = \"invoices\"\n";
        insta::assert_snapshot!(load(file, "data").unwrap_err());
    }
}
