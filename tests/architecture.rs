//! The shape of the source: module order, fences, size caps, and a word at the top of each file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Lowest first; a module names only modules on earlier lines, and two on one line never name each other.
const LAYERS: &[&[&str]] = &[
    &["domain"],
    &["config", "problem", "reply", "telemetry"],
    &["ingest", "store", "engine", "access", "outward"],
    &["answers", "deliver", "writer"],
    &["render", "digest", "alerts", "ask"],
    &["adapters", "chat", "web", "jobs"],
    &["app"],
];

/// A crate may be named only by these modules.
const FENCES: &[(&str, &[&str])] = &[
    ("polars", &["engine", "ingest"]),
    ("polars_io", &["engine", "ingest"]),
    ("sqlx", &["store"]),
    ("axum", &["web"]),
    ("askama", &["web", "render", "digest"]),
    ("serenity", &["chat", "render"]),
    ("ring", &["access", "chat", "deliver", "render", "store"]),
    ("reqwest", &["adapters", "chat", "outward"]),
    ("rustls_websocket", &["outward"]),
    ("tokio_rustls", &["web"]),
    ("ipnet", &["config"]),
    ("nix", &["app"]),
    ("tokio_tungstenite", &["chat", "outward"]),
    ("resvg", &["render"]),
    ("clap", &["app"]),
    ("rustix", &["telemetry"]),
    ("cron", &["domain"]),
];

const CODE_LINES_MAX: usize = 400;
const TEMPLATE_LINES_MAX: usize = 150;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "types", "misc"];

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path.strip_prefix(&src).unwrap().display().to_string(), text)
    };
    files_below(&src, "rs").into_iter().map(read).collect()
}

/// The top-level module that a file belongs to.
fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

fn rank(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

fn tell(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn modules_name_only_modules_below_them() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let own = rank(module).unwrap_or_else(|| panic!("{file}: `{module}` has no place in LAYERS"));
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for rest in line.split("crate::").skip(1) {
                let target =
                    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if target != module && rank(target).is_none_or(|theirs| theirs >= own) {
                    wrong.push(format!("{file}:{}: `{module}` may not name `{target}`", number + 1));
                }
            }
        }
    }
    tell(&wrong);
}

#[test]
fn crates_stay_behind_their_fences() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for (name, allowed) in FENCES {
                let named = line.match_indices(&format!("{name}::")).any(|(at, _)| {
                    let before = &line[..at];
                    let in_words =
                        before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
                    // A text may speak of a crate, as a filter of the log does.
                    let in_text = before.matches('"').count() % 2 == 1;
                    !in_words && !in_text
                });
                if named && !allowed.contains(&module) {
                    wrong.push(format!(
                        "{file}:{}: `{name}` belongs to {}",
                        number + 1,
                        allowed.join(" and ")
                    ));
                }
            }
        }
    }
    tell(&wrong);
}

#[test]
fn each_file_says_what_it_is_for_and_stays_small() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{file}: begin with `//!` and what it is for"));
        }
        let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count();
        if code > CODE_LINES_MAX {
            wrong.push(format!("{file}: {code} lines of code; split it along a real seam"));
        }
        let stem = Path::new(&file).file_stem().unwrap().to_string_lossy().into_owned();
        if EMPTY_NAMES.contains(&stem.as_str()) || file.split('/').any(|part| EMPTY_NAMES.contains(&part)) {
            wrong.push(format!("{file}: a helper lives with its noun"));
        }
    }
    for path in files_below(&root().join("templates"), "html") {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        if lines > TEMPLATE_LINES_MAX {
            wrong.push(format!("{}: {lines} lines; split the template", path.display()));
        }
    }
    tell(&wrong);
}

#[test]
fn each_file_is_declared_by_its_parent() {
    let sources = sources();
    let names: BTreeSet<&str> = sources.iter().map(|(file, _)| file.as_str()).collect();
    let mut wrong = Vec::new();
    for file in &names {
        if matches!(*file, "lib.rs" | "main.rs") {
            continue;
        }
        let path = Path::new(file);
        let is_front = path.file_name().unwrap() == "mod.rs";
        let (module, folder) = if is_front {
            (path.parent().unwrap().file_name().unwrap(), path.parent().unwrap().parent().unwrap())
        } else {
            (path.file_stem().unwrap(), path.parent().unwrap())
        };
        let parent = if folder.as_os_str().is_empty() {
            "lib.rs".into()
        } else {
            format!("{}/mod.rs", folder.display())
        };
        let declared = sources.iter().find(|(name, _)| *name == parent).is_some_and(|(_, text)| {
            let word = format!("mod {};", module.to_string_lossy());
            text.lines().any(|line| {
                line.trim_start_matches("pub ").trim_start_matches("pub(crate) ").starts_with(&word)
            })
        });
        if !declared {
            wrong.push(format!("{file}: not declared in {parent}"));
        }
    }
    tell(&wrong);
}
