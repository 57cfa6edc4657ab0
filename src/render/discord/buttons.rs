//! Buttons below an answer: the same page in the dashboard, and what may be asked next.

use std::collections::HashSet;

use serenity::all::ButtonStyle;
use serenity::builder::CreateActionRow;
use serenity::builder::CreateButton;

use crate::render::words;
use crate::reply::Action;
use crate::reply::Answer;

use super::limits::{CUSTOM_ID_CHARS_MAX, LABEL_CHARS_MAX, LINK_CHARS_MAX, ROW_BUTTONS_MAX, ROWS_MAX};
use super::room::chars;

/// What a button's custom id begins with; the console line to ask follows. The digit is the version of this form.
pub const CUSTOM_ID_PREFIX: &str = "q1:";

/// The rows of buttons; none when there is nothing to press.
pub(super) fn rows(answer: &Answer, public_url: Option<&str>) -> Vec<CreateActionRow> {
    let link = answer.path.as_deref().and_then(|path| words::link(public_url, path));
    let link = link.filter(|url| chars(url) <= LINK_CHARS_MAX);
    let mut buttons: Vec<CreateButton> =
        link.map(|url| CreateButton::new_link(url).label("Open in dashboard")).into_iter().collect();
    let mut taken = HashSet::new();
    buttons.extend(answer.actions.iter().filter_map(|action| button(action, &mut taken)));
    buttons.truncate(ROWS_MAX * ROW_BUTTONS_MAX);
    buttons.chunks(ROW_BUTTONS_MAX).map(|row| CreateActionRow::Buttons(row.to_vec())).collect()
}

/// A button that asks; `None` when its line does not fit into a custom id or is there already (Discord refuses twins).
fn button(action: &Action, taken: &mut HashSet<String>) -> Option<CreateButton> {
    let id = format!("{CUSTOM_ID_PREFIX}{}", action.line);
    let label = words::clip(&words::isolated(&action.label), LABEL_CHARS_MAX);
    let odd = action.line.trim().is_empty() || action.line.chars().any(char::is_control) || label.is_empty();
    if odd || chars(&id) > CUSTOM_ID_CHARS_MAX || !taken.insert(id.clone()) {
        return None;
    }
    let style = if action.current { ButtonStyle::Primary } else { ButtonStyle::Secondary };
    Some(CreateButton::new(id).label(label).style(style).disabled(action.current))
}
