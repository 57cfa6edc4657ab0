//! What a writer hands in, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A draft: sections of sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// In the order they are read.
    pub sections: Vec<DraftSection>,
}

/// A section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftSection {
    /// A few words.
    pub title: String,
    /// What it says.
    pub sentences: Vec<DraftSentence>,
}

/// A sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftSentence {
    /// The account it is about, as `a1`; `None` when it is about all.
    #[serde(default)]
    pub about: Option<String>,
    /// Its words, with `[f1]` for a figure and `[a1]` for an account.
    pub text: String,
}

impl Draft {
    /// Reads a draft as it was handed in.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text.trim())
    }

    /// The shape of a draft, as the writer has to keep to it.
    #[must_use]
    pub fn schema() -> Value {
        let object = |properties: Value, required: &[&str]| {
            json!({
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        };
        let sentence = object(
            json!({
                "about": {
                    "description": "The account that the sentence is about, as a1; null when it is about all.",
                    "anyOf": [{ "type": "string" }, { "type": "null" }],
                },
                "text": { "description": "The sentence.", "type": "string" },
            }),
            &["about", "text"],
        );
        let section = object(
            json!({
                "title": { "description": "A few words.", "type": "string" },
                "sentences": { "type": "array", "items": sentence },
            }),
            &["title", "sentences"],
        );
        object(json!({ "sections": { "type": "array", "items": section } }), &["sections"])
    }
}
