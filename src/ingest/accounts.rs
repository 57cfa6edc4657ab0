//! Account records.

use jiff::civil::Date;

use crate::domain::AccountId;
use crate::domain::AccountStatus;
use crate::domain::CommitPeriod;
use crate::domain::Money;
use crate::domain::NAME_CHARS_MAX;
use crate::domain::Person;

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
use super::record::optional_name;
use super::record::optional_word;
use super::rejection::Flaw;
use super::rejection::Reason;

/// What a file says about an account; what it leaves empty stays as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Its id.
    pub id: AccountId,
    /// What people call it; the id's own text when that was no id.
    pub name: Option<String>,
    /// Who looks after it.
    pub owner: Option<Person>,
    /// As `enterprise`.
    pub segment: Option<String>,
    /// As `scale`.
    pub plan: Option<String>,
    /// Spend agreed for each period.
    pub commit: Option<Money>,
    /// How long a period is.
    pub commit_period: Option<CommitPeriod>,
    /// When it is up for renewal.
    pub renewal: Option<Date>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
    /// Where it stands with us.
    pub status: Option<AccountStatus>,
}

const ACCOUNT: usize = 0;
const NAME: usize = 1;
const OWNER: usize = 2;
const SEGMENT: usize = 3;
const PLAN: usize = 4;
const COMMIT: usize = 5;
const COMMIT_PERIOD: usize = 6;
const RENEWAL: usize = 7;
const TAGS: usize = 8;
const STATUS: usize = 9;

const COLUMNS: [Column; 10] = [
    required(
        "account_id",
        &["account", "id", "customerid", "customer", "clientid", "client", "tenantid", "tenant"],
    ),
    optional("name", &["accountname", "customername", "displayname", "company"]),
    optional("owner", &["tsm", "csm", "manager", "accountowner"]),
    optional("segment", &["tier"]),
    optional("plan", &["contractplan"]),
    optional("commit", &["commitment", "commitamount", "committedspend"]).numeric(),
    optional("commit_period", &["period", "commitmentperiod"]),
    optional("renewal", &["renewaldate", "renewson", "renewalon"]),
    optional("tags", &["tag", "labels"]),
    optional("status", &["accountstatus"]),
];

/// Most tags of one account.
const TAGS_MAX: usize = 50;

/// Makes account records.
pub(super) struct Accounts<'c> {
    context: &'c Context,
}

impl<'c> Accounts<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        Self { context }
    }
}

impl Kind for Accounts<'_> {
    type Row = AccountRecord;

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
    ) -> Result<AccountRecord, (usize, Flaw)> {
        let (id, derived) = account_of(&cells[ACCOUNT]).map_err(|flaw| (ACCOUNT, flaw))?;
        let text = |slot: usize| plain_text(COLUMNS[slot].name, &cells[slot]).map_err(|flaw| (slot, flaw));
        let commit = match cells[COMMIT].text().map_err(|flaw| (COMMIT, flaw))? {
            Some(text) => {
                let money = number::money(&text, sign, self.context.currency);
                Some(money.map_err(|flaw| (COMMIT, flaw))?)
            }
            None => None,
        };
        let renewal = match cells[RENEWAL].text().map_err(|flaw| (RENEWAL, flaw))? {
            Some(text) => Some(moment::day(&text).map_err(|flaw| (RENEWAL, flaw))?),
            None => None,
        };
        Ok(AccountRecord {
            id,
            name: text(NAME)?.or(derived),
            owner: optional_name("owner", &cells[OWNER]).map_err(|flaw| (OWNER, flaw))?,
            segment: text(SEGMENT)?,
            plan: text(PLAN)?,
            commit,
            commit_period: optional_word(&cells[COMMIT_PERIOD]).map_err(|flaw| (COMMIT_PERIOD, flaw))?,
            renewal,
            tags: tags(&cells[TAGS]).map_err(|flaw| (TAGS, flaw))?,
            status: optional_word(&cells[STATUS]).map_err(|flaw| (STATUS, flaw))?,
        })
    }
}

/// A short text in an optional column.
pub(super) fn plain_text(name: &str, cell: &Cell<'_>) -> Result<Option<String>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    let given = text.chars().count();
    if given > NAME_CHARS_MAX {
        let message = format!("{name} has {given} characters, and at most {NAME_CHARS_MAX} are allowed");
        return Err(Flaw::new(Reason::FieldTooLong, message));
    }
    Ok(Some(text.into_owned()))
}

fn tags(cell: &Cell<'_>) -> Result<Option<Vec<String>>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split([';', '|', ',']).map(str::trim).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > NAME_CHARS_MAX || tags.len() == TAGS_MAX {
            let message = format!(
                "at most {TAGS_MAX} tags of {NAME_CHARS_MAX} characters are allowed; shorten the list"
            );
            return Err(Flaw::new(Reason::FieldTooLong, message));
        }
        if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    Ok(Some(tags))
}
