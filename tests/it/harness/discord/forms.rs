//! What users do beyond typing and pressing: choosing in selects, filling in forms, and the menu of a message.

use std::fmt;

use serde_json::Value;
use serde_json::json;

use super::FakeUser;
use super::Shown;
use super::offered;
use super::state::CHANNEL;
use super::state::Inner;
use super::state::Interaction;
use super::state::User;

/// A form as its reader sees it.
#[derive(Debug, Clone)]
pub struct Form {
    pub title: String,
    pub fields: Vec<Field>,
    custom_id: String,
    /// The message whose button opened it.
    message: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub label: String,
    pub value: String,
    custom_id: String,
    needed: bool,
    long: bool,
    chars_max: usize,
}

impl Form {
    fn of(form: &Value, message: Option<u64>) -> Self {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = form["components"].as_array().expect("the form was checked");
        let field = |row: &Value| {
            let input = &row["components"][0];
            Field {
                label: word(&input["label"]),
                value: word(&input["value"]),
                custom_id: word(&input["custom_id"]),
                // Fields are needed unless they say otherwise.
                needed: input["required"] != false,
                long: input["style"] == 2,
                chars_max: input["max_length"].as_u64().map_or(4_000, |most| usize::try_from(most).unwrap()),
            }
        };
        Self {
            title: word(&form["title"]),
            fields: rows.iter().map(field).collect(),
            custom_id: word(&form["custom_id"]),
            message,
        }
    }

    /// Types into a field, in place of what stood there.
    #[track_caller]
    pub fn write(mut self, label: &str, text: &str) -> Self {
        let labels: Vec<String> = self.fields.iter().map(|field| field.label.clone()).collect();
        let field = self.fields.iter_mut().find(|field| field.label == label);
        let field = field.unwrap_or_else(|| panic!("no field is labelled “{label}”, only {labels:?}"));
        text.clone_into(&mut field.value);
        self
    }

    #[track_caller]
    pub fn field(&self, label: &str) -> &str {
        &self.fields.iter().find(|field| field.label == label).expect("there is such a field").value
    }

    /// What a client sends; it lets nobody send what a field does not allow.
    #[track_caller]
    fn data(&self) -> Value {
        let rows: Vec<Value> = self
            .fields
            .iter()
            .map(|field| {
                assert!(!field.needed || !field.value.trim().is_empty(), "{} is needed", field.label);
                assert!(field.value.chars().count() <= field.chars_max, "{} is too long", field.label);
                assert!(field.long || !field.value.contains('\n'), "{} is one line", field.label);
                json!({"type": 1, "components": [
                    {"type": 4, "custom_id": field.custom_id, "value": field.value}
                ]})
            })
            .collect();
        json!({"custom_id": self.custom_id, "components": rows})
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for field in &self.fields {
            writeln!(f, "{}{}: {}", field.label, if field.needed { " *" } else { "" }, field.value)?;
        }
        Ok(())
    }
}

impl FakeUser<'_> {
    /// Chooses in a select.
    pub async fn chooses(&self, shown: &Shown, select: &str, label: &str) -> Shown {
        let select = shown.selects.iter().find(|one| one.name == select).expect("there is such a select");
        let option = select.options.iter().find(|one| one.label == label);
        let option = option.unwrap_or_else(|| panic!("“{label}” is not among {:?}", select.options));
        let data = json!({"custom_id": select.custom_id, "component_type": 3, "values": [option.value]});
        let token = self.sends_press(shown, &data);
        self.sees(&token).await
    }

    /// Sends a slash command that opens a form.
    pub async fn types_for_form(&self, line: &str) -> Form {
        let token = self.sends(line);
        self.sees_form(&token, None).await
    }

    /// Presses a button that opens a form.
    pub async fn presses_for_form(&self, shown: &Shown, label: &str) -> Form {
        let custom_id = shown.button(label).custom_id.clone().expect("the button opens something");
        let token = self.sends_press(shown, &json!({"custom_id": custom_id, "component_type": 2}));
        self.sees_form(&token, Some(shown.message)).await
    }

    /// Opens an entry of the menu of a message that `author` wrote.
    pub async fn uses_menu(&self, name: &str, author: &str, content: &str) -> Form {
        let author = self.discord.user(author).user;
        let token = self.discord.state.change(|inner| {
            let command = offered(inner).find(|command| command["name"] == name && command["type"] == 3);
            let command = command.unwrap_or_else(|| panic!("no menu has “{name}”")).clone();
            let message = written(inner, &author, content);
            let id = message["id"].as_str().expect("it was just made").to_owned();
            let data = json!({
                "id": command["id"], "name": name, "type": 3, "target_id": id,
                "resolved": {"messages": {id.clone(): message}},
            });
            self.dispatch(inner, 2, data, None)
        });
        self.sees_form(&token, None).await
    }

    /// Sends a form.
    pub async fn submits(&self, form: &Form) -> Shown {
        let data = form.data();
        let token = self.discord.state.change(|inner| self.dispatch(inner, 5, data, form.message));
        self.sees(&token).await
    }

    async fn sees_form(&self, token: &str, message: Option<u64>) -> Form {
        let opened = |interaction: &Interaction, inner: &Inner| {
            if let Some(told) = interaction.original {
                panic!("no form was opened, but: {}", Shown::of(&inner.messages[&told]));
            }
            interaction.form.clone()
        };
        let form = self.waits(token, "a form", opened).await;
        Form::of(&form, message)
    }
}

/// A message that someone wrote in the channel.
fn written(inner: &mut Inner, author: &User, content: &str) -> Value {
    json!({
        "id": inner.new_id().to_string(), "channel_id": CHANNEL.to_string(), "author": author.json(),
        "content": content, "timestamp": "2026-03-31T11:58:00.000000+00:00", "edited_timestamp": null,
        "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
        "embeds": [], "components": [], "pinned": false, "type": 0, "flags": 0,
    })
}
