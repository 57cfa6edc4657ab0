//! Whether the audit log is whole: nothing edited, removed, moved or cut off.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde_json::Value;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::AuditKind;
use crate::store::counters;
use crate::store::error::Doing;
use crate::store::error::StoreError;
use crate::store::open::Store;

use super::chain;
use super::chain::{Bare, GENESIS, Personal, Seals};

const DOING: &str = "checking the audit log";
/// Entries that are read at once.
const PAGE: i64 = 2_000;

/// The newest entry: whoever keeps its hash elsewhere finds out when the log is cut or written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Its number; 0 before the first.
    pub number: u64,
    /// Its hash.
    pub hash: String,
}

/// What a check of the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheck {
    /// Entries that were read.
    pub entries: u64,
    /// Entries that retention removed, as the log itself proves.
    pub removed: u64,
    /// Entries whose words about people and accounts an erasure replaced.
    pub erased: u64,
    /// The newest entry.
    pub head: AuditHead,
    /// The first thing that is wrong; `None` when all is well.
    pub flaw: Option<AuditFlaw>,
}

/// What is wrong with the audit log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditFlaw {
    /// An entry is gone, or has another number.
    #[error("entry {0} is missing")]
    Missing(u64),
    /// An entry, or the order of entries, is not as it was written.
    #[error("entry {0} was changed, moved or put in")]
    Changed(u64),
    /// Who, what, before or after of an entry is not as it was written.
    #[error("what entry {0} says of who, what, before and after was changed")]
    Told(u64),
    /// An erasure does not account for the entries that it is said to have replaced.
    #[error("the erasure of entry {0} does not account for the entries that were replaced")]
    Erasure(u64),
    /// The newest entries are gone.
    #[error("the log was cut: its newest entry is {last}, and {written} were written")]
    Cut {
        /// The newest that is there.
        last: u64,
        /// The newest that was written.
        written: u64,
    },
    /// The given head is not in the log.
    #[error("the log never came by the given head: it was cut and written on, or written anew")]
    HeadUnknown,
}

impl Store {
    /// Checks the whole log; `head` is a hash that was told earlier and has to be in it.
    pub async fn check_audit(&self, head: Option<&str>) -> Result<AuditCheck, StoreError> {
        let mut reading = self.read().await?;
        let written = counters::value(&mut reading, "audit").await?;
        let mut walk = Walk::begin(&mut reading, head).await?;
        walk.all(&mut reading).await?;
        Ok(walk.end(written))
    }

    /// The newest entry.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let mut reading = self.read().await?;
        let row: Option<(i64, String)> =
            sqlx::query_as("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
                .fetch_optional(&mut *reading)
                .await
                .doing(DOING)?;
        let (number, hash) = row.unwrap_or_else(|| (0, GENESIS.to_owned()));
        Ok(AuditHead { number: number.unsigned_abs(), hash })
    }
}

/// What stands for entries that retention removed.
struct Cut {
    through: i64,
    hash: String,
}

/// A walk from the oldest entry to the newest.
struct Walk<'h> {
    /// The number and hash of the entry before.
    last: i64,
    hash: String,
    /// Where the log begins.
    cut: Option<Cut>,
    resealed: HashMap<i64, String>,
    /// Erasures that the reseals tell of and that were not met yet.
    erasures: BTreeMap<i64, (i64, String)>,
    head: Option<&'h str>,
    check: AuditCheck,
}

impl<'h> Walk<'h> {
    async fn begin(reading: &mut AnyConnection, head: Option<&'h str>) -> Result<Self, StoreError> {
        let cut = last_cut(reading).await?;
        let (resealed, erasures) = reseals(reading).await?;
        let (last, hash) = cut.as_ref().map_or((0, GENESIS), |cut| (cut.through, cut.hash.as_str()));
        let check = AuditCheck {
            entries: 0,
            removed: last.unsigned_abs(),
            erased: 0,
            head: AuditHead { number: last.unsigned_abs(), hash: hash.to_owned() },
            flaw: None,
        };
        let hash = hash.to_owned();
        let head = head.filter(|head| !hash.eq_ignore_ascii_case(head));
        Ok(Self { last, hash, cut, resealed, erasures, head, check })
    }

    async fn all(&mut self, reading: &mut AnyConnection) -> Result<(), StoreError> {
        let mut below = -1;
        loop {
            let rows = sqlx::query(
                "SELECT number, at_ms, kind, how, request, who_kind, facts, who, subject, account, before, after, \
                 salt, seal, hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2",
            )
            .bind(below)
            .bind(PAGE)
            .fetch_all(&mut *reading)
            .await
            .doing(DOING)?;
            for row in &rows {
                below = row.try_get("number").doing(DOING)?;
                self.step(below, row)?;
                if self.check.flaw.is_some() {
                    return Ok(());
                }
            }
            if (rows.len() as i64) < PAGE {
                return Ok(());
            }
        }
    }

    fn step(&mut self, number: i64, row: &AnyRow) -> Result<(), StoreError> {
        let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
        let maybe = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
        let place = number.unsigned_abs();
        if number != self.last + 1 {
            self.check.flaw = Some(AuditFlaw::Missing((self.last + 1).unsigned_abs()));
            return Ok(());
        }
        let (kind, how, who_kind, seal) = (text("kind")?, text("how")?, text("who_kind")?, text("seal")?);
        let (request, facts) = (maybe("request")?, maybe("facts")?);
        let bare = Bare {
            number,
            at_ms: row.try_get("at_ms").doing(DOING)?,
            kind: &kind,
            how: &how,
            request: request.as_deref(),
            who_kind: &who_kind,
            facts: facts.as_deref(),
            seal: &seal,
        };
        let hash = chain::hash(&self.hash, &bare);
        if hash != text("hash")? {
            self.check.flaw = Some(AuditFlaw::Changed(place));
            return Ok(());
        }
        let (who, subject, account) = (text("who")?, text("subject")?, text("account")?);
        let (before, after) = (maybe("before")?, maybe("after")?);
        let personal = Personal {
            who: &who,
            subject: &subject,
            account: &account,
            before: before.as_deref(),
            after: after.as_deref(),
        };
        let resealed = self.resealed.get(&number);
        if chain::seal(&text("salt")?, &personal) != *resealed.unwrap_or(&seal) {
            self.check.flaw = Some(AuditFlaw::Told(place));
            return Ok(());
        }
        self.check.erased += u64::from(resealed.is_some());
        if !self.accounts_for(number, &kind, facts.as_deref()) {
            self.check.flaw = Some(AuditFlaw::Erasure(place));
        }
        if self.head.is_some_and(|head| hash.eq_ignore_ascii_case(head)) {
            self.head = None;
        }
        (self.last, self.hash) = (number, hash);
        self.check.entries += 1;
        Ok(())
    }

    /// Whether the seals that were made by an erasure are those that its entry proves.
    fn accounts_for(&mut self, number: i64, kind: &str, facts: Option<&str>) -> bool {
        let made = self.erasures.remove(&number);
        let erases = [AuditKind::EraseAccount, AuditKind::ErasePerson].iter().any(|one| one.word() == kind);
        if !erases {
            return made.is_none();
        }
        let facts: Value = facts.and_then(|facts| serde_json::from_str(facts).ok()).unwrap_or_default();
        let (entries, seals) = made.unwrap_or_else(|| (0, Seals::new().done()));
        facts["entries"] == entries && facts["seals"] == seals.as_str()
    }

    fn end(mut self, written: u64) -> AuditCheck {
        let last = self.last.unsigned_abs();
        self.check.head = AuditHead { number: last, hash: self.hash };
        if self.check.flaw.is_none() {
            // Erasures whose own entry retention removed need no proof any more.
            let begins = self.cut.map_or(0, |cut| cut.through);
            let unproven = self.erasures.keys().find(|erasure| **erasure > begins);
            self.check.flaw = if last != written {
                Some(AuditFlaw::Cut { last, written })
            } else if let Some(erasure) = unproven {
                Some(AuditFlaw::Erasure(erasure.unsigned_abs()))
            } else {
                self.head.map(|_unknown| AuditFlaw::HeadUnknown)
            };
        }
        self.check
    }
}

async fn last_cut(reading: &mut AnyConnection) -> Result<Option<Cut>, StoreError> {
    let facts: Option<Option<String>> =
        sqlx::query_scalar("SELECT facts FROM audit WHERE kind = $1 ORDER BY number DESC LIMIT 1")
            .bind(AuditKind::AuditCut.word())
            .fetch_optional(reading)
            .await
            .doing(DOING)?;
    // Facts that do not read are no start: the walk then finds the first entry missing.
    let facts: Option<Value> = facts.flatten().and_then(|facts| serde_json::from_str(&facts).ok());
    Ok(facts.and_then(|facts| {
        Some(Cut { through: facts["through"].as_i64()?, hash: facts["hash"].as_str()?.to_owned() })
    }))
}

/// The seal that holds for each replaced entry, and what each erasure made.
type Reseals = (HashMap<i64, String>, BTreeMap<i64, (i64, String)>);

async fn reseals(reading: &mut AnyConnection) -> Result<Reseals, StoreError> {
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT erasure, number, seal FROM audit_reseal ORDER BY erasure, number")
            .fetch_all(reading)
            .await
            .doing(DOING)?;
    let (mut last, mut erasures) = (HashMap::new(), BTreeMap::new());
    for of_one in rows.chunk_by(|one, other| one.0 == other.0) {
        let mut seals = Seals::new();
        for (_, number, seal) in of_one {
            seals.add(*number, seal);
            last.insert(*number, seal.clone());
        }
        erasures.insert(of_one[0].0, (of_one.len() as i64, seals.done()));
    }
    Ok((last, erasures))
}
