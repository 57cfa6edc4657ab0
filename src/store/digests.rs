//! Digests: what became of each slot.
//!
//! Invariant: of a name, a slot and a destination there is one row, so that no slot is taken twice.

use jiff::Timestamp;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::DIGEST_ON_TIME;
use crate::domain::DigestName;
use crate::domain::OccurrenceState;
use crate::domain::Person;

use super::audit;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// One digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Its number.
    pub id: u64,
    /// Of which schedule.
    pub name: DigestName,
    /// When it was to come.
    pub slot: Timestamp,
    /// Where it is read, as it was when its slot was taken.
    pub destination: String,
    /// What it tells of, likewise.
    pub scope: String,
    /// Who asked for it beside the schedule.
    pub asked_by: Option<Person>,
    /// How it stands.
    pub state: OccurrenceState,
    /// Whether it is later than it should be.
    pub late: bool,
    /// When its slot was taken.
    pub claimed: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Who wrote it, as JSON.
    pub written: Option<String>,
    /// What is in the way, or why it was left out.
    pub why: Option<String>,
}

impl Occurrence {
    /// Whether it went out later than it should.
    #[must_use]
    pub fn is_late(&self) -> bool {
        let sent_late = self.ended.is_some_and(|ended| ended.duration_since(self.slot) > DIGEST_ON_TIME);
        self.late || (self.asked_by.is_none() && self.state == OccurrenceState::Sent && sent_late)
    }
}

/// What was written, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedRow {
    /// Who wrote it.
    pub written: String,
    /// The digest with its facts.
    pub kept: String,
    /// What the next one has to know.
    pub remembers: String,
}

const CLAIMING: &str = "taking the slot of a digest";

/// Columns of an occurrence, without what it says.
const COLUMNS: &str =
    "id, name, slot_ms, destination, scope, asked_by, state, late, claimed_ms, ended_ms, written, why";

impl Store {
    /// Takes slots of schedules, each with how it begins; a slot that is taken already stays as it is. The numbers of the
    /// new ones, `None` for the others. What `ended` names is over at once.
    pub async fn claim_digests(&self, slots: &[Occurrence]) -> Result<Vec<Option<u64>>, StoreError> {
        let mut writing = self.write().await?;
        let mut ids = Vec::with_capacity(slots.len());
        for slot in slots {
            ids.push(claim(&mut writing, slot).await?);
        }
        writing.commit().await.doing(CLAIMING)?;
        Ok(ids)
    }

    /// Takes a slot that someone asks for beside the schedule; its number, `None` when it was taken already.
    pub async fn order_digest(&self, order: &Occurrence, act: &Act) -> Result<Option<u64>, StoreError> {
        let mut writing = self.write().await?;
        let Some(id) = claim(&mut writing, order).await? else { return Ok(None) };
        let entry = Entry::new(act, AuditKind::DigestRun, order.name.as_str());
        let told = json!({
            "digest": id,
            "slot": order.slot.to_string(),
            "destination": order.destination,
            "scope": order.scope,
        });
        audit::append(&mut writing, &[entry.changed(None, Some(told))]).await?;
        writing.commit().await.doing(CLAIMING)?;
        Ok(Some(id))
    }

    /// The last slot of a schedule that was taken, not later than an instant.
    pub async fn last_digest_slot(
        &self,
        name: &DigestName,
        until: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let mut reading = self.read().await?;
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(MAX(slot_ms) AS BIGINT) FROM digest_occurrence \
             WHERE name = $1 AND asked_by IS NULL AND slot_ms <= $2",
        )
        .bind(name.as_str())
        .bind(until.as_millisecond())
        .fetch_one(&mut *reading)
        .await
        .doing("looking for the last slot of a digest")?;
        last.map(|at| instant(at, "digest_occurrence.slot_ms")).transpose()
    }

    /// Digests about which something is to be done.
    pub async fn open_digests(&self) -> Result<Vec<Occurrence>, StoreError> {
        self.occurrences("state IN ('pending', 'composed', 'sending') ORDER BY id", &[]).await
    }

    /// The newest digests, by their slots.
    pub async fn newest_digests(&self, count: u32) -> Result<Vec<Occurrence>, StoreError> {
        self.occurrences(&format!("1 = 1 ORDER BY slot_ms DESC, id DESC LIMIT {count}"), &[]).await
    }

    /// The newest digest of a name.
    pub async fn newest_digest(&self, name: &DigestName) -> Result<Option<Occurrence>, StoreError> {
        let found =
            self.occurrences("name = $1 ORDER BY slot_ms DESC, id DESC LIMIT 1", &[name.as_str()]).await?;
        Ok(found.into_iter().next())
    }

    /// A digest, with what it says as JSON when it was written.
    pub async fn digest(&self, id: u64) -> Result<Option<(Occurrence, Option<String>)>, StoreError> {
        const DOING: &str = "reading a digest";
        let mut reading = self.read().await?;
        let sql = format!("SELECT {COLUMNS}, kept FROM digest_occurrence WHERE id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(i64::try_from(id).unwrap_or(i64::MAX))
            .fetch_optional(&mut *reading)
            .await
            .doing(DOING)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some((read_occurrence(&row)?, row.try_get("kept").doing(DOING)?)))
    }

    /// What the last digest of a name told that was sent to a destination has to be remembered for the next one.
    pub async fn digest_memory(
        &self,
        name: &DigestName,
        destination: &str,
    ) -> Result<Option<String>, StoreError> {
        let mut reading = self.read().await?;
        sqlx::query_scalar(
            "SELECT remembers FROM digest_occurrence WHERE name = $1 AND destination = $2 AND state = 'sent' \
             AND remembers IS NOT NULL ORDER BY claimed_ms DESC, id DESC LIMIT 1",
        )
        .bind(name.as_str())
        .bind(destination)
        .fetch_optional(&mut *reading)
        .await
        .doing("reading what was told last")
    }

    /// Keeps what was written, before it goes out.
    pub async fn keep_digest(&self, id: u64, composed: &ComposedRow) -> Result<(), StoreError> {
        const DOING: &str = "keeping a digest";
        let mut writing = self.write().await?;
        sqlx::query(
            "UPDATE digest_occurrence SET state = 'composed', written = $2, kept = $3, remembers = $4 WHERE id = $1",
        )
        .bind(i64::try_from(id).unwrap_or(i64::MAX))
        .bind(composed.written.as_str())
        .bind(composed.kept.as_str())
        .bind(composed.remembers.as_str())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        writing.commit().await.doing(DOING)
    }

    /// Says how a digest stands; one that is over ended at `now`.
    pub async fn move_digest(
        &self,
        id: u64,
        state: OccurrenceState,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const DOING: &str = "moving a digest on";
        let mut writing = self.write().await?;
        sqlx::query("UPDATE digest_occurrence SET state = $2, why = $3, ended_ms = $4 WHERE id = $1")
            .bind(i64::try_from(id).unwrap_or(i64::MAX))
            .bind(state.word())
            .bind(why.map(str::to_owned))
            .bind(state.is_over().then(|| now.as_millisecond()))
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        writing.commit().await.doing(DOING)
    }

    /// `which` is a constant of the callers above.
    async fn occurrences(&self, which: &str, values: &[&str]) -> Result<Vec<Occurrence>, StoreError> {
        let mut reading = self.read().await?;
        let sql = format!("SELECT {COLUMNS} FROM digest_occurrence WHERE {which}");
        let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
        for value in values {
            query = query.bind((*value).to_owned());
        }
        let rows = query.fetch_all(&mut *reading).await.doing("reading digests")?;
        rows.iter().map(read_occurrence).collect()
    }
}

/// Takes a slot; its number, `None` when it was taken already.
async fn claim(connection: &mut AnyConnection, slot: &Occurrence) -> Result<Option<u64>, StoreError> {
    let id = counters::advance(connection, "digest", 1).await?;
    let done = sqlx::query(
        "INSERT INTO digest_occurrence (id, name, slot_ms, destination, scope, asked_by, state, late, \
         claimed_ms, ended_ms, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (name, slot_ms, destination) DO NOTHING",
    )
    .bind(id)
    .bind(slot.name.as_str())
    .bind(slot.slot.as_millisecond())
    .bind(slot.destination.as_str())
    .bind(slot.scope.as_str())
    .bind(slot.asked_by.as_ref().map(|person| person.as_str().to_owned()))
    .bind(slot.state.word())
    .bind(i64::from(slot.late))
    .bind(slot.claimed.as_millisecond())
    .bind(slot.ended.map(Timestamp::as_millisecond))
    .bind(slot.why.clone())
    .execute(connection)
    .await
    .doing(CLAIMING)?;
    Ok((done.rows_affected() > 0).then(|| id.unsigned_abs()))
}

fn read_occurrence(row: &AnyRow) -> Result<Occurrence, StoreError> {
    const DOING: &str = "reading a digest";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    let optional = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
    let ended: Option<i64> = row.try_get("ended_ms").doing(DOING)?;
    let asked_by = optional("asked_by")?;
    Ok(Occurrence {
        id: whole("id")?.unsigned_abs(),
        name: read_back(&text("name")?, "digest_occurrence.name")?,
        slot: instant(whole("slot_ms")?, "digest_occurrence.slot_ms")?,
        destination: text("destination")?,
        scope: text("scope")?,
        asked_by: asked_by.map(|by| read_back(&by, "digest_occurrence.asked_by")).transpose()?,
        state: read_back(&text("state")?, "digest_occurrence.state")?,
        late: whole("late")? != 0,
        claimed: instant(whole("claimed_ms")?, "digest_occurrence.claimed_ms")?,
        ended: ended.map(|at| instant(at, "digest_occurrence.ended_ms")).transpose()?,
        written: optional("written")?,
        why: optional("why")?,
    })
}
