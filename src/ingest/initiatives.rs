//! Initiative records.

use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::InitiativeId;
use crate::domain::InitiativeStatus;
use crate::domain::Metric;
use crate::domain::Money;
use crate::domain::Person;
use crate::domain::Priority;

use super::accounts::plain_text;
use super::columns::Column;
use super::columns::optional;
use super::columns::required;
use super::moment;
use super::number;
use super::number::DecimalSign;
use super::record::Cell;
use super::record::Context;
use super::record::Kind;
use super::record::account_of;
use super::record::missing_field;
use super::record::optional_name;
use super::record::optional_word;
use super::rejection::Flaw;
use super::rejection::Reason;

/// What a file says about an initiative; what it leaves empty stays as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitiativeRecord {
    /// Its id, when the file gives one.
    pub id: Option<InitiativeId>,
    /// With whom.
    pub account: AccountId,
    /// The account as the file writes it, which may be its name.
    pub account_text: String,
    /// What it is.
    pub title: String,
    /// How much it matters.
    pub priority: Option<Priority>,
    /// How it stands.
    pub status: Option<InitiativeStatus>,
    /// Who drives it.
    pub owner: Option<Person>,
    /// Revenue per year that we expect of it.
    pub expected_revenue: Option<Money>,
    /// First day of work.
    pub start: Option<Date>,
    /// Day it should be done by.
    pub due: Option<Date>,
    /// The metric it should move.
    pub target: Option<Metric>,
    /// A line for its log.
    pub update: Option<String>,
}

const ACCOUNT: usize = 0;
const TITLE: usize = 1;
const ID: usize = 2;
const PRIORITY: usize = 3;
const STATUS: usize = 4;
const OWNER: usize = 5;
const REVENUE: usize = 6;
const START: usize = 7;
const DUE: usize = 8;
const TARGET: usize = 9;
const UPDATE: usize = 10;

const COLUMNS: [Column; 11] = [
    required(
        "account_id",
        &["account", "customer", "customerid", "client", "clientid", "tenant", "tenantid"],
    ),
    required("title", &["initiative", "name", "subject"]),
    optional("initiative_id", &["id"]),
    optional("priority", &["prio"]),
    optional("status", &["state"]),
    optional("owner", &["assignee", "tsm", "csm"]),
    optional("expected_revenue", &["revenue", "value"]).numeric(),
    optional("start", &["startdate", "startson"]),
    optional("due", &["duedate", "deadline", "end", "enddate"]),
    optional("target", &["targetmetric", "metric"]),
    optional("update", &["text", "note", "comment", "lastupdate"]),
];

/// Longest line of an initiative's log, in characters.
const UPDATE_CHARS_MAX: usize = 4_000;

/// Makes initiative records.
pub(super) struct Initiatives<'c> {
    context: &'c Context,
}

impl<'c> Initiatives<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context }
    }
}

impl Kind for Initiatives<'_> {
    type Row = InitiativeRecord;

    fn columns(&self) -> &[Column] {
        &COLUMNS
    }

    fn anchor(&self) -> usize {
        ACCOUNT
    }

    fn is_anchor(&self, text: &str) -> bool {
        AccountId::new(text).is_ok()
    }

    fn row(
        &mut self,
        cells: &[Cell<'_>],
        sign: DecimalSign,
        _names: &mut Vec<(AccountId, String)>,
    ) -> Result<InitiativeRecord, (usize, Flaw)> {
        let (account, derived) = account_of(&cells[ACCOUNT]).map_err(|flaw| (ACCOUNT, flaw))?;
        let account_text = derived.unwrap_or_else(|| account.as_str().to_owned());
        let title = plain_text("title", &cells[TITLE])
            .and_then(|title| title.ok_or_else(|| missing_field("title")))
            .map_err(|flaw| (TITLE, flaw))?;
        let day = |slot: usize| {
            let text = cells[slot].text().map_err(|flaw| (slot, flaw))?;
            text.map(|text| moment::day(&text)).transpose().map_err(|flaw| (slot, flaw))
        };
        let (start, due) = (day(START)?, day(DUE)?);
        if let (Some(start), Some(due)) = (start, due)
            && due < start
        {
            let message =
                format!("it is due on {due}, before its start on {start}; swap or correct the dates");
            return Err((DUE, Flaw::new(Reason::BadValue, message)));
        }
        let revenue = cells[REVENUE].text().map_err(|flaw| (REVENUE, flaw))?;
        let revenue = revenue.map(|text| number::money(&text, sign, self.context.currency)).transpose();
        Ok(InitiativeRecord {
            id: optional_name("initiative_id", &cells[ID]).map_err(|flaw| (ID, flaw))?,
            account,
            account_text,
            title,
            priority: optional_word(&cells[PRIORITY]).map_err(|flaw| (PRIORITY, flaw))?,
            status: optional_word(&cells[STATUS]).map_err(|flaw| (STATUS, flaw))?,
            owner: optional_name("owner", &cells[OWNER]).map_err(|flaw| (OWNER, flaw))?,
            expected_revenue: revenue.map_err(|flaw| (REVENUE, flaw))?,
            start,
            due,
            target: optional_word(&cells[TARGET]).map_err(|flaw| (TARGET, flaw))?,
            update: update(&cells[UPDATE]).map_err(|flaw| (UPDATE, flaw))?,
        })
    }
}

fn update(cell: &Cell<'_>) -> Result<Option<String>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    let given = text.chars().count();
    if given > UPDATE_CHARS_MAX {
        let message = format!("the text has {given} characters, and at most {UPDATE_CHARS_MAX} are allowed");
        return Err(Flaw::new(Reason::FieldTooLong, message));
    }
    Ok(Some(text.into_owned()))
}
