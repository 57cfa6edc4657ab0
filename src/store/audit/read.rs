//! The audit log, read page by page.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::How;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::error::instant;
use crate::store::open::Store;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the log, from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The word of [`AuditKind`]; of a newer program perhaps.
    pub kind: String,
    /// The word of [`How`].
    pub how: String,
    /// What the logs call the request.
    pub request: Option<String>,
    /// `person`, `key` or `service`.
    pub who_kind: String,
    /// Who; hostile text.
    pub who: String,
    /// What was changed; hostile text.
    pub subject: String,
    /// Of which account, where it is one.
    pub account: Option<String>,
    /// What was, as JSON; hostile text.
    pub before: Option<String>,
    /// What is, as JSON; hostile text.
    pub after: Option<String>,
    /// What an erasure or a cut proves, as JSON.
    pub facts: Option<String>,
    /// The link to the next entry.
    pub hash: String,
    /// Whether an erasure replaced what it told.
    pub erased: bool,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By whom.
    pub who: Option<String>,
    /// Of which kind.
    pub kind: Option<AuditKind>,
    /// By which way.
    pub how: Option<How>,
    /// About which account.
    pub account: Option<AccountId>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Older than this one.
    pub below: Option<u64>,
}

impl Store {
    /// The newest entries that are wanted, the newest first.
    pub async fn audit(&self, wanted: &AuditFilter, count_max: u32) -> Result<Vec<AuditEntry>, StoreError> {
        const DOING: &str = "reading the audit log";
        let mut reading = self.read().await?;
        let rows = sqlx::query(
            "SELECT number, at_ms, kind, how, request, who_kind, who, subject, account, before, after, facts, hash, \
             CASE WHEN EXISTS (SELECT 1 FROM audit_reseal WHERE audit_reseal.number = audit.number) \
             THEN 1 ELSE 0 END AS erased \
             FROM audit WHERE number < $1 AND at_ms >= $2 AND at_ms < $3 AND ($4 = '' OR lower(who) = $4) \
             AND ($5 = '' OR kind = $5) AND ($6 = '' OR how = $6) AND ($7 = '' OR account = $7) \
             ORDER BY number DESC LIMIT $8",
        )
        .bind(wanted.below.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX))
        .bind(wanted.since.map_or(i64::MIN, Timestamp::as_millisecond))
        .bind(wanted.until.map_or(i64::MAX, Timestamp::as_millisecond))
        .bind(wanted.who.as_deref().unwrap_or_default().to_lowercase())
        .bind(wanted.kind.map_or("", AuditKind::word))
        .bind(wanted.how.map_or("", How::word))
        .bind(wanted.account.as_ref().map_or("", AccountId::as_str))
        .bind(i64::from(count_max))
        .fetch_all(&mut *reading)
        .await
        .doing(DOING)?;
        rows.iter().map(read_row).collect()
    }
}

fn read_row(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    const DOING: &str = "reading the audit log";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    Ok(AuditEntry {
        number: whole("number")?.unsigned_abs(),
        at: instant(whole("at_ms")?, "audit.at_ms")?,
        kind: text("kind")?,
        how: text("how")?,
        request: maybe("request")?,
        who_kind: text("who_kind")?,
        who: text("who")?,
        subject: text("subject")?,
        account: Some(text("account")?).filter(|id| !id.is_empty()),
        before: maybe("before")?,
        after: maybe("after")?,
        facts: maybe("facts")?,
        hash: text("hash")?,
        erased: whole("erased")? != 0,
    })
}
