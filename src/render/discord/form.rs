//! A form as Discord's modal: text inputs one below the other.

use serenity::all::InputTextStyle;
use serenity::builder::CreateActionRow;
use serenity::builder::CreateInputText;
use serenity::builder::CreateModal;

use crate::reply::FIELDS_MAX;
use crate::reply::Field;
use crate::reply::Form;

use super::components::label;
use super::custom_id::{Press, Seal};
use super::limits::{
    FIELD_HINT_CHARS_MAX, FIELD_LABEL_CHARS_MAX, FIELD_TEXT_CHARS_MAX, FORM_TITLE_CHARS_MAX,
};

/// A form, and the line to keep for it in the store.
#[derive(Debug, Clone)]
pub struct Modal {
    /// What is shown.
    pub modal: CreateModal,
    /// Key and line, when the line does not stand in the form's id.
    pub kept: Vec<(String, String)>,
}

/// A form as a modal; `aloud` when the channel is to see what comes of it.
#[must_use]
pub fn form(form: &Form, seal: &Seal, aloud: bool) -> Modal {
    let id = seal.write(Press::Submit { aloud }, &form.line);
    let title = label(&form.title, FORM_TITLE_CHARS_MAX).unwrap_or_else(|| "etsm".into());
    let rows = form.fields.iter().take(FIELDS_MAX).map(|field| CreateActionRow::InputText(input(field)));
    Modal {
        modal: CreateModal::new(id.id, title).components(rows.collect()),
        kept: id.kept.into_iter().collect(),
    }
}

fn input(field: &Field) -> CreateInputText {
    let style = if field.long { InputTextStyle::Paragraph } else { InputTextStyle::Short };
    let name = label(&field.label, FIELD_LABEL_CHARS_MAX).unwrap_or_else(|| field.option.clone());
    let chars_max = field.chars_max.clamp(1, FIELD_TEXT_CHARS_MAX);
    let length = u16::try_from(chars_max).unwrap_or(u16::MAX);
    let mut input =
        CreateInputText::new(style, name, field.option.as_str()).required(field.needed).max_length(length);
    if let Some(hint) = label(&field.hint, FIELD_HINT_CHARS_MAX) {
        input = input.placeholder(hint);
    }
    let value = value(&field.value, field.long, chars_max);
    if value.is_empty() { input } else { input.value(value) }
}

/// A text that is edited further: as it is, but for what a field cannot hold. Nothing is put in, for it would be kept.
fn value(text: &str, long: bool, chars_max: usize) -> String {
    let shown = |c: &char| !c.is_control() || (long && *c == '\n');
    text.replace("\r\n", "\n").chars().filter(shown).take(chars_max).collect()
}
