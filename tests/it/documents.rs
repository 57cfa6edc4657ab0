//! What the documents say is so: commands that they show are understood, links lead somewhere, variables exist, and
//! pages that are made from the program are those of this program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use etsm::answers::Question;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every document, with its text.
fn documents() -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::from("docs"), PathBuf::from("admin")];
    found.insert(PathBuf::from("README.md"), read("README.md"));
    found.insert(PathBuf::from("CHANGELOG.md"), read("CHANGELOG.md"));
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(Path::new(ROOT).join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if Path::new(ROOT).join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                let text = read(&path);
                found.insert(path, text);
            }
        }
    }
    found
}

fn read(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of code in a language, each with the number of its first line.
fn blocks<'a>(text: &'a str, languages: &[&str]) -> Vec<(usize, Vec<&'a str>)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, Vec<&str>)> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((at + 2, languages.contains(&language.trim()), Vec::new())),
            (Some(_), Some(_)) => {
                let (first, wanted, lines) = open.take().unwrap();
                if wanted {
                    found.push((first, lines));
                }
            }
            (None, Some((_, _, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of code never ends");
    found
}

/// A line of a shell as its words: quotes keep together, a comment ends it, and so does what goes to another program.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            ('|' | '>' | ';' | '&', None) => break,
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Each `etsm …` of a document, in blocks and in sentences, with its line.
fn commands(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (first, lines) in blocks(text, &["sh", "text", "console"]) {
        for (at, line) in lines.iter().enumerate() {
            found.push((first + at, words(line.trim_start().trim_start_matches("$ "))));
        }
    }
    for (at, line) in text.lines().enumerate() {
        let spans = line.split('`').skip(1).step_by(2);
        found.extend(spans.filter(|span| !span.contains(['|', '…'])).map(|span| (at + 1, words(span))));
    }
    found.retain(|(_, words)| words.len() > 1 && words[0] == "etsm");
    found.retain(|(_, words)| !words.iter().any(|word| word.contains('…')));
    found
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut tried = BTreeSet::new();
    for (path, text) in documents() {
        for (line, words) in commands(&text) {
            if !tried.insert(words.clone()) {
                continue;
            }
            let place = format!("{}:{line}: {}", path.display(), words.join(" "));
            // `--help` does nothing, but only after all words before it were understood.
            let output = Command::new(env!("CARGO_BIN_EXE_etsm"))
                .args(&words[1..])
                .arg("--help")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            assert!(output.status.success(), "{place}\n{}", String::from_utf8_lossy(&output.stderr));
            if words[1] == "ask" && words.len() > 2 {
                let asked = words[2..].iter().take_while(|word| !word.starts_with("--"));
                let asked = asked.map(String::as_str).collect::<Vec<_>>().join(" ");
                Question::parse(&asked).unwrap_or_else(|problem| panic!("{place}: {problem}"));
            }
        }
    }
    assert!(tried.len() > 40, "only {} commands were found in the documents", tried.len());
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let documents = documents();
    let mut dead = Vec::new();
    for (path, text) in &documents {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with("mailto:") || link.contains(' ') {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = path.parent().unwrap();
            let target = if file.is_empty() { path.clone() } else { plain(&folder.join(file)) };
            if !Path::new(ROOT).join(&target).exists() {
                dead.push(format!("{}: {link}", path.display()));
            } else if !anchor.is_empty()
                && !documents.get(&target).is_some_and(|text| anchors(text).contains(anchor))
            {
                dead.push(format!("{}: {link}: no such heading", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => _ = plain.pop(),
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What its headings are called in addresses.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}

#[test]
fn every_variable_that_is_named_exists() {
    // Read before there are settings, or by tools beside the program.
    const OTHERS: &[&str] = &[
        "ETSM_CONFIG",
        "ETSM_HOST",
        "ETSM_UPSTREAM",
        "ETSM_KEY",
        "ETSM_TORTURE_ROUNDS",
        "ETSM_HOSTILE_BODIES",
    ];
    let manual = etsm::config::manual();
    let known: BTreeSet<&str> = variables(&manual).collect();
    let mut texts = documents();
    for path in deployment_files(Path::new("admin")) {
        let text = read(&path);
        texts.insert(path, text);
    }
    texts.insert(PathBuf::from(".env.example"), read(".env.example"));
    texts.insert(PathBuf::from("Dockerfile"), read("Dockerfile"));
    let mut unknown = Vec::new();
    for (path, text) in &texts {
        // Decisions may tell of what was not done.
        if path.starts_with("docs/adr") {
            continue;
        }
        for name in variables(text).filter(|name| !known.contains(name) && !OTHERS.contains(name)) {
            unknown.push(format!("{}: {name}", path.display()));
        }
    }
    assert!(unknown.is_empty(), "no setting is called so:\n{}", unknown.join("\n"));
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    // With an end that is left open, as in `ETSM_…`, it is no name.
    names.filter(|name| name.starts_with("ETSM_") && name.len() > "ETSM_".len() && !name.ends_with('_'))
}

fn deployment_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if Path::new(ROOT).join(&path).is_dir() {
            found.extend(deployment_files(&path));
        } else if path.extension().is_none_or(|kind| kind != "md") {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_manual_of_settings_is_that_of_the_program() {
    let file = Path::new(ROOT).join("docs/configuration.md");
    let manual = etsm::config::manual();
    if std::fs::read_to_string(&file).is_ok_and(|text| text == manual) {
        return;
    }
    std::fs::write(file, manual).unwrap();
    panic!("docs/configuration.md was not that of the settings; it is written anew: read it and commit it");
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_etsm")).arg("man").arg(folder.path()).status().unwrap();
    assert!(status.success());
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    assert!(page("etsm.1").contains("account desk"), "{}", page("etsm.1"));
    for name in ["etsm-serve.1", "etsm-import.1", "etsm-digest-preview.1", "etsm-key-add.1"] {
        assert!(page(name).starts_with(".ie"), "{name}: {}", page(name));
    }
}

/// The functions of all tests, by their names.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from("src"), PathBuf::from("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(Path::new(ROOT).join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if Path::new(ROOT).join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = read(&path);
                let functions = text.lines().filter_map(|line| line.trim_start().split_once("fn "));
                found.extend(functions.map(|(_, rest)| rest.split(['(', '<']).next().unwrap().to_owned()));
            }
        }
    }
    found
}

#[test]
fn each_requirement_of_security_names_a_proof_that_is_there() {
    let tests = tests();
    let text = read("admin/security.md");
    let table =
        text.split_once("| section | how it is met | proof |").unwrap().1.split_once("\n\n").unwrap().0;
    let mut proven = 0;
    for line in table.lines().skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [section, met, proof] = cells[..] else { panic!("no row of three: {line}") };
        let open = met.starts_with("not used") || met.contains("**not met**") || met.contains("**in part**");
        let named: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        let linked = proof.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for name in &named {
            let module = name.strip_suffix("::*").map(|module| format!("tests/it/{module}.rs"));
            let file = module.or_else(|| name.ends_with(".rs").then(|| (*name).to_owned()));
            let is_there = match file {
                Some(file) => ["", "src/"].iter().any(|root| Path::new(ROOT).join(root).join(&file).exists()),
                None => tests.contains(*name) || Path::new(ROOT).join(name).exists(),
            };
            assert!(is_there, "{section}: there is no {name}");
        }
        let documents = linked.filter(|file| Path::new(ROOT).join("admin").join(file).exists()).count();
        assert!(open || named.len() + documents > 0, "{section} names no proof");
        proven += usize::from(!named.is_empty());
    }
    assert!(proven >= 20, "{proven}");
}
