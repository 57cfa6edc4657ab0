//! What every format hands over, and what every kind of record makes of it.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::AccountId;
use crate::domain::Currency;
use crate::domain::PriceList;
use crate::domain::SourceId;

use super::columns::Column;
use super::number::DecimalSign;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::Rejection;
use super::rejection::shown;

/// Rows and rejections that are handed over together.
pub(super) const BATCH_RECORDS: u64 = 10_000;

/// What the reader of a file has to know besides the file.
#[derive(Debug, Clone)]
pub struct Context {
    /// Which source the rows belong to.
    pub source: SourceId,
    /// The present instant; times more than a day ahead of it are refused.
    pub now: Timestamp,
    /// The currency of the portfolio.
    pub currency: Currency,
    /// What usage costs that comes without a cost; such usage is refused where there is no price.
    pub prices: Arc<PriceList>,
}

/// A piece of a file: at most 10,000 records.
#[derive(Debug)]
pub struct Batch<R> {
    /// The good ones, in file order.
    pub rows: Vec<R>,
    /// For each of `rows`, which data record of the file it was, from 1.
    pub numbers: Vec<u64>,
    /// The display name of each account in `rows` whose id had to be derived from another text, each once.
    pub names: Vec<(AccountId, String)>,
    /// Places in `rows` of those whose cost was computed from prices.
    pub priced: Vec<usize>,
    /// The bad ones, in file order.
    pub rejections: Vec<Rejection>,
    /// Bytes of the file read so far.
    pub bytes: u64,
}

impl<R> Default for Batch<R> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            numbers: Vec::new(),
            names: Vec::new(),
            priced: Vec::new(),
            rejections: Vec::new(),
            bytes: 0,
        }
    }
}

/// Takes a batch, and says whether to go on.
pub type Take<'t, R> = dyn FnMut(Batch<R>) -> ControlFlow<()> + 't;

/// One value of a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    /// Empty, null, or not in the file.
    Missing,
    /// Cleaned text, not empty.
    Text(Cow<'a, str>),
    /// A number that came as one.
    Whole(i128),
    /// A number that came as one.
    Real(f64),
    /// A time that came as one.
    Instant(Timestamp),
    /// It could not even be read.
    Damaged(Flaw),
}

impl<'a> Cell<'a> {
    /// Cleaned text, or nothing when it is empty.
    pub(super) fn from_clean(text: Result<Cow<'a, str>, Flaw>) -> Self {
        match text {
            Ok(text) if text.is_empty() => Self::Missing,
            Ok(text) => Self::Text(text),
            Err(flaw) => Self::Damaged(flaw),
        }
    }

    /// As text, whatever it came as; `None` when missing.
    pub(super) fn text(&self) -> Result<Option<Cow<'_, str>>, Flaw> {
        Ok(Some(match self {
            Self::Missing => return Ok(None),
            Self::Text(text) => Cow::Borrowed(text.as_ref()),
            Self::Whole(number) => Cow::Owned(number.to_string()),
            Self::Real(number) => Cow::Owned(number.to_string()),
            Self::Instant(at) => Cow::Owned(at.to_string()),
            Self::Damaged(flaw) => return Err(flaw.clone()),
        }))
    }
}

/// A kind of record: which columns it has and how they become a row.
pub(super) trait Kind {
    /// What a good record becomes.
    type Row;

    /// Its columns; the cells of a record come in this order.
    fn columns(&self) -> &[Column];

    /// The column by which a line of its own can be told from the inside of a quoted field, and whether `text` fits it.
    fn is_anchor(&self, text: &str) -> bool;

    /// Slot of the anchor column.
    fn anchor(&self) -> usize;

    /// Makes the row, or says which slot is at fault and why.
    fn row(
        &mut self,
        cells: &[Cell<'_>],
        sign: DecimalSign,
        names: &mut Vec<(AccountId, String)>,
    ) -> Result<Self::Row, (usize, Flaw)>;

    /// Whether the cost of the row that was made last was computed from prices.
    fn is_priced(&self) -> bool {
        false
    }
}

/// Numbers the records, makes rows of them, and hands them over in batches.
pub(super) struct Collector<'k, 't, K: Kind> {
    pub(super) kind: &'k mut K,
    take: &'k mut Take<'t, K::Row>,
    batch: Batch<K::Row>,
    /// Data records so far, bad ones included.
    pub(super) records: u64,
    /// The taker has had enough.
    pub(super) stopped: bool,
}

impl<'k, 't, K: Kind> Collector<'k, 't, K> {
    pub(super) fn new(kind: &'k mut K, take: &'k mut Take<'t, K::Row>) -> Self {
        Self { kind, take, batch: Batch::default(), records: 0, stopped: false }
    }

    /// Takes one record that could be parted into cells.
    pub(super) fn record(&mut self, cells: &[Cell<'_>], sign: DecimalSign, bytes: u64) {
        self.records += 1;
        let damaged = cells.iter().enumerate().find_map(|(slot, cell)| match cell {
            Cell::Damaged(flaw) => Some((slot, flaw.clone())),
            _ => None,
        });
        let row = match damaged {
            Some(fault) => Err(fault),
            None => self.kind.row(cells, sign, &mut self.batch.names),
        };
        match row {
            Ok(row) => {
                if self.kind.is_priced() {
                    self.batch.priced.push(self.batch.rows.len());
                }
                self.batch.rows.push(row);
                self.batch.numbers.push(self.records);
            }
            Err((slot, flaw)) => {
                let column = self.kind.columns().get(slot).map(|column| column.name.to_owned());
                self.note(column, flaw);
            }
        }
        self.hand_over_when_full(bytes);
    }

    /// Takes one record that could not be parted into cells.
    pub(super) fn reject(&mut self, column: Option<String>, flaw: Flaw, bytes: u64) {
        self.records += 1;
        self.note(column, flaw);
        self.hand_over_when_full(bytes);
    }

    fn note(&mut self, column: Option<String>, flaw: Flaw) {
        let Flaw { reason, message } = flaw;
        self.batch.rejections.push(Rejection { row: self.records, column, reason, message });
    }

    fn hand_over_when_full(&mut self, bytes: u64) {
        if self.records.is_multiple_of(BATCH_RECORDS) {
            self.hand_over(bytes);
        }
    }

    /// Hands over what is there; the last call tells the final number of bytes.
    pub(super) fn hand_over(&mut self, bytes: u64) {
        self.batch.bytes = bytes;
        let batch = std::mem::take(&mut self.batch);
        self.stopped |= (self.take)(batch).is_break();
    }
}

/// What a required cell that is empty is refused with.
pub(super) fn missing_field(name: &str) -> Flaw {
    Flaw::new(Reason::MissingField, format!("{name} is empty; fill it in"))
}

/// The account that a cell names, with its text when that is not the id itself.
pub(super) fn account_of(cell: &Cell<'_>) -> Result<(AccountId, Option<String>), Flaw> {
    let Some(text) = cell.text()? else {
        let message = "the account is missing; write the id or the name of the account";
        return Err(Flaw::new(Reason::MissingAccount, message));
    };
    let id = AccountId::discovered(&text).map_err(|problem| bad_name("account_id", &text, &problem))?;
    let derived = (id.as_str() != text).then(|| text.into_owned());
    Ok((id, derived))
}

/// A name that is not allowed, with the reason that fits.
pub(super) fn bad_name(name: &str, text: &str, problem: &crate::domain::BadName) -> Flaw {
    use crate::domain::BadName;
    let reason = match problem {
        BadName::Empty => Reason::MissingField,
        BadName::TooLong { .. } => Reason::FieldTooLong,
        BadName::BadCharacter(_) => Reason::BadValue,
        BadName::Control => Reason::BadEncoding,
    };
    Flaw::new(reason, format!("{} cannot be the {name}: {problem}", shown(text)))
}

/// A name in an optional column.
pub(super) fn optional_name<T: std::str::FromStr<Err = crate::domain::BadName>>(
    name: &str,
    cell: &Cell<'_>,
) -> Result<Option<T>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    text.parse().map(Some).map_err(|problem| bad_name(name, &text, &problem))
}

/// A word of a closed set in an optional column.
pub(super) fn optional_word<T: std::str::FromStr<Err = String>>(cell: &Cell<'_>) -> Result<Option<T>, Flaw> {
    let Some(text) = cell.text()? else { return Ok(None) };
    // The words come back quoted in the message; long or odd ones are cut before that.
    let short: String = text.chars().take(40).filter(|c| !c.is_control()).collect();
    short.parse().map(Some).map_err(|message| Flaw::new(Reason::BadValue, message))
}
