//! What stands below an answer: the same page in the dashboard, what may be asked next, and forms to write in.

use std::collections::BTreeMap;
use std::collections::HashSet;

use serenity::all::ButtonStyle;
use serenity::builder::CreateActionRow;
use serenity::builder::CreateButton;
use serenity::builder::CreateSelectMenu;
use serenity::builder::CreateSelectMenuKind;
use serenity::builder::CreateSelectMenuOption;

use crate::render::words;
use crate::reply::Action;
use crate::reply::Answer;
use crate::reply::Pick;

use super::View;
use super::custom_id::{Press, Seal};
use super::embed::Turn;
use super::limits::{
    LABEL_CHARS_MAX, LINK_CHARS_MAX, OPTION_CHARS_MAX, OPTIONS_MAX, PLACEHOLDER_CHARS_MAX, ROW_BUTTONS_MAX,
    ROWS_MAX,
};
use super::room::chars;

/// Selects below an answer; each takes a whole row from the buttons.
const SELECTS_MAX: usize = 2;

/// Components in the making.
pub(super) struct Components<'a> {
    seal: &'a Seal,
    /// Ids that stand somewhere already: Discord refuses twins.
    taken: HashSet<String>,
    kept: BTreeMap<String, String>,
    rows: Vec<CreateActionRow>,
}

impl<'a> Components<'a> {
    pub(super) fn new(seal: &'a Seal) -> Self {
        Self { seal, taken: HashSet::new(), kept: BTreeMap::new(), rows: Vec::new() }
    }

    /// All that stands below an answer; nothing when there is nothing to press.
    pub(super) fn below(mut self, answer: &Answer, view: View<'_>, turn: Option<Turn>) -> Self {
        let selects: Vec<CreateActionRow> =
            answer.picks.iter().filter_map(|pick| self.select(pick)).take(SELECTS_MAX).collect();
        let link = answer.path.as_deref().and_then(|path| words::link(view.public_url, path));
        let pass = view.pass.filter(|_| link.is_some()).map(str::to_owned);
        let fits = |url: &String| chars(url) <= LINK_CHARS_MAX;
        let link = pass.filter(fits).or(link).filter(fits);
        let link = link.map(|url| CreateButton::new_link(url).label("Open in dashboard"));
        let room = (ROWS_MAX - selects.len()) * ROW_BUTTONS_MAX - usize::from(link.is_some());
        let mut buttons: Vec<CreateButton> =
            turn.map(|turn| self.turns(view.line, turn)).into_iter().flatten().flatten().collect();
        for action in &answer.actions {
            if buttons.len() < room {
                buttons.extend(self.button(action));
            }
        }
        buttons.extend(link);
        let rows = buttons.chunks(ROW_BUTTONS_MAX).map(|row| CreateActionRow::Buttons(row.to_vec()));
        self.rows.extend(rows.chain(selects));
        self
    }

    /// One button that opens a form whose outcome goes where it was to go at first.
    pub(super) fn open_again(mut self, line: &str, aloud: bool) -> Self {
        let id = self.id(Press::Open { aloud }, line);
        let button = CreateButton::new(id).label("Open the form again").style(ButtonStyle::Primary);
        self.rows.push(CreateActionRow::Buttons(vec![button]));
        self
    }

    /// The rows, and the lines to keep for them in the store, by their keys.
    pub(super) fn done(self) -> (Vec<CreateActionRow>, Vec<(String, String)>) {
        (self.rows, self.kept.into_iter().collect())
    }

    /// Buttons to the page before and the page after; one that leads nowhere cannot be pressed.
    fn turns(&mut self, line: &str, turn: Turn) -> [Option<CreateButton>; 2] {
        let mut button = |label: &str, page: usize, leads: bool| {
            let id =
                self.fresh_id(Press::Turn, &format!("{page} {line}")).filter(|_| !line.trim().is_empty())?;
            let button = CreateButton::new(id).label(label).style(ButtonStyle::Secondary);
            Some(button.disabled(!leads))
        };
        [
            button("◀ Previous", turn.page.saturating_sub(1), turn.page > 1),
            button("Next ▶", turn.page + 1, turn.has_next),
        ]
    }

    fn button(&mut self, action: &Action) -> Option<CreateButton> {
        let label = label(&action.label, LABEL_CHARS_MAX)?;
        let press = if action.form { Press::Open { aloud: false } } else { Press::Ask };
        let id = self.fresh_id(press, &action.line)?;
        let style = if action.current { ButtonStyle::Primary } else { ButtonStyle::Secondary };
        Some(CreateButton::new(id).label(label).style(style).disabled(action.current))
    }

    /// A select; one with a single choice would be a question without an answer.
    fn select(&mut self, pick: &Pick) -> Option<CreateActionRow> {
        let name = label(&pick.label, PLACEHOLDER_CHARS_MAX)?;
        let mut taken = HashSet::new();
        let mut options = Vec::new();
        let mut shown = false;
        for option in pick.options.iter().take(OPTIONS_MAX) {
            let Some(label) = label(&option.label, OPTION_CHARS_MAX) else { continue };
            if option.line.trim().is_empty() {
                continue;
            }
            let value = self.id(Press::Ask, &option.line);
            if taken.insert(value.clone()) {
                // Only one may be marked.
                let marked = option.current && !shown;
                shown |= marked;
                options.push(CreateSelectMenuOption::new(label, value).default_selection(marked));
            }
        }
        if options.len() < 2 {
            return None;
        }
        let id = self.fresh_id(Press::Choose, &pick.label)?;
        let menu = CreateSelectMenu::new(id, CreateSelectMenuKind::String { options });
        Some(CreateActionRow::SelectMenu(menu.placeholder(name)))
    }

    /// An id that no component has yet.
    fn fresh_id(&mut self, press: Press, line: &str) -> Option<String> {
        if line.trim().is_empty() {
            return None;
        }
        let id = self.id(press, line);
        self.taken.insert(id.clone()).then_some(id)
    }

    fn id(&mut self, press: Press, line: &str) -> String {
        let made = self.seal.write(press, line);
        self.kept.extend(made.kept);
        made.id
    }
}

/// Outside text as a label, which knows no Markdown; `None` when nothing is left to read.
#[must_use]
pub fn label(text: &str, chars_max: usize) -> Option<String> {
    // Two characters are kept for the marks that a text from right to left is isolated by.
    let label = words::isolated(&words::clip(&words::harmless(text), chars_max - 2));
    (!label.trim().is_empty()).then_some(label)
}
