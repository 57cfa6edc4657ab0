//! The folder on disk: what waits in it, how a file is taken, and where it goes.
//!
//! Invariant: nothing is overwritten, no link is followed below the folder, and only plain files are read.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::domain::Records;
use crate::jobs::import::ImportReport;

use super::name;

/// Where files are while they are imported, and where they go afterwards.
const TAKING: &str = "taking";
const DONE: &str = "done";
const REJECTED: &str = "rejected";
/// What is added to a file's name for its report.
const REPORT: &str = ".report.json";
/// Files of one name that are kept; beyond them somebody has to make room.
const SAME_NAME_MAX: u32 = 10_000;

/// A folder that is watched.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    /// What files hold that lie in the folder itself.
    loose: Records,
}

/// What keeps the folder from being used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; {remedy}")]
pub struct FolderFault {
    /// What is wrong, without the names of files.
    pub wrong: String,
    /// What would help.
    pub remedy: String,
}

impl FolderFault {
    fn of(doing: &str, place: &str, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::PermissionDenied => "let the account that etsm runs under read and write it",
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on its disk",
            io::ErrorKind::ReadOnlyFilesystem => "let its disk be written to",
            io::ErrorKind::CrossesDevices => "keep all of the folder on one disk",
            _ => "see to sources.drop.folder",
        };
        // What the system says names no file.
        Self { wrong: format!("{doing} {place} failed: {}", error.kind()), remedy: remedy.to_owned() }
    }
}

/// A file that was laid in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) path: PathBuf,
    pub(super) records: Records,
    pub(super) look: Look,
}

/// What tells whether a file is still being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    bytes: u64,
    changed: Option<SystemTime>,
    file: u64,
}

/// A file that was taken: nobody lays anything over it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) path: PathBuf,
    pub(super) records: Records,
    /// Whether it is a plain file; what it was before it was taken may have been exchanged.
    pub(super) is_plain: bool,
}

/// Where a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of it was good.
    Done,
    /// Something of it, or all, was refused.
    Rejected,
}

impl Verdict {
    pub(super) fn of(report: &ImportReport) -> Self {
        if report.exit_status() == 0 { Self::Done } else { Self::Rejected }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Done => DONE,
            Self::Rejected => REJECTED,
        }
    }
}

impl Folder {
    /// The folder at a path; nothing is touched yet.
    #[must_use]
    pub fn new(root: PathBuf, loose: Records) -> Self {
        Self { root, loose }
    }

    /// Makes what is missing, and makes sure that files can be moved about.
    pub fn prepare(&self) -> Result<(), FolderFault> {
        fs::create_dir_all(&self.root).map_err(|error| FolderFault::of("making", "the folder", &error))?;
        for below in self.below() {
            match fs::create_dir(self.root.join(&below)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(FolderFault::of("making", &format!("{below}/ in the folder"), &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.examine().map(drop)
    }

    /// Looks whether the folder can be used, as far as it is there; whether it is. What it tries, it takes back.
    pub fn examine(&self) -> Result<bool, FolderFault> {
        let root = match fs::metadata(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(FolderFault::of("looking at", "the folder", &error)),
            Ok(root) => root,
        };
        if !root.is_dir() {
            return Err(not_a_folder("the folder"));
        }
        tried(&self.root).map_err(|error| FolderFault::of("writing to", "the folder", &error))?;
        for below in self.below() {
            let (path, place) = (self.root.join(&below), format!("{below}/ in the folder"));
            let found = match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(FolderFault::of("looking at", &place, &error)),
                Ok(found) => found,
            };
            if !found.is_dir() {
                return Err(not_a_folder(&place));
            }
            if found.dev() != root.dev() {
                return Err(FolderFault {
                    wrong: format!("{place} is on another disk, so that files cannot be moved there"),
                    remedy: "keep all of the folder on one disk".to_owned(),
                });
            }
            tried(&path).map_err(|error| FolderFault::of("writing to", &place, &error))?;
        }
        Ok(true)
    }

    /// A folder in it, which may have been exchanged for a link since it was made.
    fn within(&self, below: &str) -> Result<PathBuf, FolderFault> {
        let (path, place) = (self.root.join(below), format!("{below}/ in the folder"));
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => Ok(path),
            Ok(_) => Err(not_a_folder(&place)),
            Err(error) => Err(FolderFault::of("looking at", &place, &error)),
        }
    }

    /// Folders in it, each after the one that it lies in.
    fn below(&self) -> Vec<String> {
        let of = |kind: &Records| [kind.word().to_owned(), taking(*kind)];
        let plain = [TAKING, DONE, REJECTED].map(str::to_owned);
        plain.into_iter().chain(Records::ALL.iter().flat_map(of)).collect()
    }

    /// What lies in it, in the order in which it is taken: accounts before what is theirs, and older files first.
    pub(super) fn waiting(&self) -> Result<Vec<Waiting>, FolderFault> {
        let mut waiting = plain_files(&self.root, self.loose)?;
        for records in Records::ALL {
            waiting.extend(plain_files(&self.within(records.word())?, *records)?);
        }
        waiting.sort_by(|one, two| {
            (one.records, one.look.changed, &one.path).cmp(&(two.records, two.look.changed, &two.path))
        });
        Ok(waiting)
    }

    /// What was taken before and not moved on, as after a kill or on a full disk.
    pub(super) fn left(&self) -> Result<Vec<Taken>, FolderFault> {
        let mut left = Vec::new();
        for records in Records::ALL {
            let found = plain_files(&self.within(&taking(*records))?, *records)?;
            left.extend(found.into_iter().map(|one| Taken {
                path: one.path,
                records: *records,
                is_plain: true,
            }));
        }
        Ok(left)
    }

    /// Takes a file: from here on nobody who lays files in reaches it. `None` when it is gone.
    pub(super) fn take(&self, waiting: &Waiting) -> Result<Option<Taken>, FolderFault> {
        let fault = |error: &io::Error| FolderFault::of("taking a file out of", "the folder", error);
        let into = self.within(&taking(waiting.records))?;
        let tame = name::tamed(waiting.path.file_name().unwrap_or_default());
        let mut names = (1..=SAME_NAME_MAX).map(|number| into.join(name::numbered(&tame, number)));
        let Some(path) = names.find(|path| fs::symlink_metadata(path).is_err()) else {
            return Err(too_many(&format!("{TAKING}/")));
        };
        match fs::rename(&waiting.path, &path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            moved => moved.map_err(|error| fault(&error))?,
        }
        let is_plain = fs::symlink_metadata(&path).map_err(|error| fault(&error))?.is_file();
        Ok(Some(Taken { path, records: waiting.records, is_plain }))
    }

    /// Moves a file on, with its report beside it.
    pub(super) fn put_away(
        &self,
        taken: &Taken,
        verdict: Verdict,
        report: &ImportReport,
    ) -> Result<(), FolderFault> {
        let into = self.within(verdict.word())?;
        let fault =
            |error: &io::Error| FolderFault::of("moving a file to", &format!("{}/", verdict.word()), error);
        let name = taken.path.file_name().unwrap_or_default().to_string_lossy();
        for number in 1..=SAME_NAME_MAX {
            let name = name::numbered(&name, number);
            let (file, beside) = (into.join(&name), into.join(format!("{name}{REPORT}")));
            if fs::symlink_metadata(&file).is_ok() {
                continue;
            }
            // Whoever makes the report has the name.
            let made = match OpenOptions::new().write(true).create_new(true).open(&beside) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(|error| fault(&error))?,
            };
            let moved = write_whole(made, report).and_then(|()| fs::rename(&taken.path, &file));
            if let Err(error) = moved {
                // What cannot be removed, either, is a report without its file, and does no harm.
                let _left = fs::remove_file(&beside);
                return Err(fault(&error));
            }
            return Ok(());
        }
        Err(too_many(&format!("{}/", verdict.word())))
    }
}

/// Where files of a kind are while they are imported.
fn taking(records: Records) -> String {
    format!("{TAKING}/{records}")
}

fn not_a_folder(place: &str) -> FolderFault {
    FolderFault {
        wrong: format!("{place} is no folder"),
        remedy: "make it one, and no link to elsewhere".to_owned(),
    }
}

fn too_many(place: &str) -> FolderFault {
    FolderFault {
        wrong: format!("{place} holds {SAME_NAME_MAX} files of one name"),
        remedy: "clear it out, or give files names of their own".to_owned(),
    }
}

/// Writes a file and removes it: rights alone do not tell whether that can be done.
fn tried(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".etsm-{:08x}", rand::random::<u32>()));
    OpenOptions::new().write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)
}

fn write_whole(mut file: fs::File, report: &ImportReport) -> io::Result<()> {
    writeln!(file, "{:#}", report.json())?;
    file.sync_all()
}

fn plain_files(folder: &Path, records: Records) -> Result<Vec<Waiting>, FolderFault> {
    let fault = |error: &io::Error| FolderFault::of("reading", "the folder", error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| fault(&error))? {
        let entry = entry.map_err(|error| fault(&error))?;
        // Of the entry itself: a link is no plain file, whatever it leads to.
        let is_plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_plain || name::is_passed_over(&entry.file_name()) {
            continue;
        }
        // Taken away in between.
        let Ok(data) = entry.metadata() else { continue };
        let look = Look { bytes: data.len(), changed: data.modified().ok(), file: data.ino() };
        found.push(Waiting { path: entry.path(), records, look });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn folder() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("drop"), Records::Usage);
        folder.prepare().unwrap();
        (place, folder)
    }

    fn lay(folder: &Folder, name: &str, text: &str) -> PathBuf {
        let path = folder.root.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn names(folder: &Folder, below: &str) -> Vec<String> {
        let entries = fs::read_dir(folder.root.join(below)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn it_makes_what_is_missing_and_a_second_time_changes_nothing() {
        let (_place, folder) = folder();
        folder.prepare().unwrap();
        assert_eq!(names(&folder, ""), ["accounts", "done", "initiatives", "rejected", "taking", "usage"]);
        assert_eq!(names(&folder, "taking"), ["accounts", "initiatives", "usage"]);
        let none = Folder::new(folder.root.join("none"), Records::Usage);
        assert_eq!(none.examine(), Ok(false));
    }

    #[test]
    fn accounts_come_first_and_links_folders_and_what_is_unfinished_not_at_all() {
        let (place, folder) = folder();
        fs::write(place.path().join("secret.csv"), "outside").unwrap();
        for name in ["initiatives/a.csv", "b.csv", "usage/c.csv", "accounts/d.csv", "e.csv.part", ".f.csv"] {
            lay(&folder, name, "x");
        }
        symlink(place.path().join("secret.csv"), folder.root.join("usage/link.csv")).unwrap();
        fs::create_dir(folder.root.join("usage/deep")).unwrap();
        lay(&folder, "usage/deep/g.csv", "x");
        let waiting = folder.waiting().unwrap();
        let kinds: Vec<Records> = waiting.iter().map(|one| one.records).collect();
        assert_eq!(kinds, [Records::Accounts, Records::Usage, Records::Usage, Records::Initiatives]);
        assert!(waiting.iter().all(|one| !one.path.ends_with("link.csv")));
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let (_place, folder) = folder();
        for text in ["one", "two", "three"] {
            lay(&folder, "usage/u.csv", text);
            let waiting = folder.waiting().unwrap().remove(0);
            let taken = folder.take(&waiting).unwrap().unwrap();
            folder.put_away(&taken, Verdict::Done, &ImportReport::default()).unwrap();
            assert_eq!(folder.take(&waiting), Ok(None), "it is gone");
        }
        let done = names(&folder, "done");
        let all = ["u.2.csv", "u.2.csv.report.json", "u.3.csv", "u.3.csv.report.json", "u.csv"];
        assert_eq!(done, [&all[..], &["u.csv.report.json"]].concat());
        assert_eq!(fs::read_to_string(folder.root.join("done/u.2.csv")).unwrap(), "two");
    }

    #[test]
    fn what_was_exchanged_for_a_link_is_known_once_it_is_taken() {
        let (place, folder) = folder();
        fs::write(place.path().join("secret.csv"), "outside").unwrap();
        let path = lay(&folder, "usage/u.csv", "x");
        let waiting = folder.waiting().unwrap().remove(0);
        fs::remove_file(&path).unwrap();
        symlink(place.path().join("secret.csv"), &path).unwrap();
        let taken = folder.take(&waiting).unwrap().unwrap();
        assert!(!taken.is_plain);
        assert!(folder.left().unwrap().is_empty(), "nor is it read at the next start");
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_told_with_the_remedy() {
        let (place, folder) = folder();
        fs::remove_dir(folder.root.join("done")).unwrap();
        symlink(place.path(), folder.root.join("done")).unwrap();
        let fault = folder.prepare().unwrap_err();
        assert_eq!(
            fault.to_string(),
            "done/ in the folder is no folder; make it one, and no link to elsewhere"
        );
        // Exchanged while it runs, it is no way out, either.
        let path = lay(&folder, "taking/usage/u.csv", "x");
        let taken = Taken { path: path.clone(), records: Records::Usage, is_plain: true };
        assert!(folder.put_away(&taken, Verdict::Done, &ImportReport::default()).is_err());
        assert!(path.is_file() && !place.path().join("u.csv").exists());
        let file = Folder::new(lay(&folder, "plain", "x"), Records::Usage);
        assert!(file.examine().unwrap_err().wrong.contains("is no folder"));
    }
}
