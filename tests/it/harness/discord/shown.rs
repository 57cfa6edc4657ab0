//! A message as its reader sees it.

use std::fmt;
use std::fmt::Write as _;

use serde_json::Value;

use super::channels::Posted;
use super::limits::size_of_png;
use super::state::Message;
use super::state::StoredFile;

/// A reply as one user sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Which message it is; the same after an edit.
    pub message: u64,
    /// Whether only the asker sees it.
    pub ephemeral: bool,
    /// All words of its embeds, top to bottom, markdown as it was sent.
    pub text: String,
    /// Its pictures.
    pub pictures: Vec<Picture>,
    /// Its buttons, left to right.
    pub buttons: Vec<Button>,
    /// Its selects, top to bottom.
    pub selects: Vec<Select>,
}

#[derive(Debug, Clone)]
pub struct Select {
    /// What it says while nothing is chosen.
    pub name: String,
    pub custom_id: String,
    pub options: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub label: String,
    pub value: String,
    pub marked: bool,
}

#[derive(Debug, Clone)]
pub struct Picture {
    pub alt: String,
    pub width: u32,
    pub height: u32,
}

#[derive(Debug, Clone)]
pub struct Button {
    pub label: String,
    /// Where it leads, or nothing when it asks.
    pub url: Option<String>,
    pub custom_id: Option<String>,
    pub disabled: bool,
}

impl Shown {
    pub fn of(message: &Message) -> Self {
        Self::made(message.id, &message.body, message.ephemeral, &message.files)
    }

    /// A message that the bot posted by itself.
    pub fn posted(posted: &Posted) -> Self {
        Self::made(posted.id, &posted.body, false, &[])
    }

    fn made(id: u64, body: &Value, ephemeral: bool, files: &[StoredFile]) -> Self {
        let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let mut text = String::new();
        for embed in list(body, "embeds") {
            let word = |value: &Value| value.as_str().map(|word| format!("{word}\n")).unwrap_or_default();
            text += &word(&embed["author"]["name"]);
            text += &word(&embed["title"]);
            text += &word(&embed["description"]);
            for field in list(&embed, "fields") {
                write!(text, "{}{}", word(&field["name"]), word(&field["value"])).unwrap();
            }
            text += &word(&embed["footer"]["text"]);
        }
        let pictures = files.iter().map(|file| {
            let (width, height) = size_of_png(&file.bytes).expect("the upload was checked");
            Picture { alt: file.alt.clone(), width, height }
        });
        let rows = list(body, "components");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let inside: Vec<Value> = rows.iter().flat_map(|row| list(row, "components")).collect();
        let selects = inside.iter().filter(|one| one["type"] == 3).map(|select| Select {
            name: word(&select["placeholder"]),
            custom_id: word(&select["custom_id"]),
            options: list(select, "options")
                .iter()
                .map(|option| Choice {
                    label: word(&option["label"]),
                    value: word(&option["value"]),
                    marked: option["default"] == true,
                })
                .collect(),
        });
        let buttons = inside.iter().filter(|one| one["type"] == 2).map(|button| Button {
            label: button["label"].as_str().unwrap_or_default().to_owned(),
            url: button["url"].as_str().map(str::to_owned),
            custom_id: button["custom_id"].as_str().map(str::to_owned),
            disabled: button["disabled"] == true,
        });
        Self {
            message: id,
            ephemeral,
            text,
            pictures: pictures.collect(),
            buttons: buttons.collect(),
            selects: selects.collect(),
        }
    }

    /// The address of the link button to the dashboard.
    #[track_caller]
    pub fn link(&self) -> &str {
        self.buttons.iter().find_map(|button| button.url.as_deref()).expect("there is a link button")
    }

    #[track_caller]
    pub fn button(&self, label: &str) -> &Button {
        self.buttons.iter().find(|button| button.label == label).unwrap_or_else(|| {
            let all: Vec<&str> = self.buttons.iter().map(|button| button.label.as_str()).collect();
            panic!("no button is labelled “{label}”, only {all:?}")
        })
    }
}

/// Links as they read: `[45 k](https://…)` is `45 k`.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("](https://");
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let opened = read.rfind('[').expect("a link begins with a bracket");
        read.remove(opened);
        read += part.split_once(')').expect("a link ends with a parenthesis").1;
    }
    read
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ephemeral {
            writeln!(f, "(only you can see this)")?;
        }
        f.write_str(&without_addresses(&self.text))?;
        for picture in &self.pictures {
            writeln!(f, "[picture {}×{}: {}]", picture.width, picture.height, picture.alt)?;
        }
        for button in &self.buttons {
            match &button.url {
                Some(url) => writeln!(f, "[{} → {url}]", button.label)?,
                None if button.disabled => writeln!(f, "[{} ·]", button.label)?,
                None => writeln!(f, "[{}]", button.label)?,
            }
        }
        for select in &self.selects {
            let options = select.options.iter();
            let shown = options.map(|one| format!("{}{}", one.label, if one.marked { " ·" } else { "" }));
            writeln!(f, "[{}: {}]", select.name, shown.collect::<Vec<_>>().join(" | "))?;
        }
        Ok(())
    }
}
