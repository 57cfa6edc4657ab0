//! Messages on their way out: kept before the first attempt to post them, with how far each part of them has come.
//!
//! Invariant: what a message says (`revise_message`) and how far it came (`keep_progress`) are different columns, so that
//! neither ever undoes the other.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::DeliveryState;

use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// Parts looked at in one round; the rest waits for the next one.
const DUE_MAX: i64 = 100;
/// What is done about a part: it waits, it stands there with older words, or its newest words were not tried yet.
const IS_DUE: &str = "(state = 'waiting' OR (state = 'sent' AND shown < revision) \
     OR (state = 'failed' AND tried < revision AND tried > 0))";

/// What one part of a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartContent {
    /// The body, as its platform takes it.
    pub body: String,
    /// Files beside it: name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Names the tries to post it.
    pub nonce: String,
    /// Finds it again where it was posted.
    pub marker: String,
}

/// How far one part of a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartProgress {
    /// Where it is.
    pub state: DeliveryState,
    /// Its id on the platform.
    pub posted: Option<String>,
    /// The revision of the last attempt that began; 0 before the first.
    pub tried: u64,
    /// The revision that stands there; 0 when nothing is known to.
    pub shown: u64,
    /// Attempts since something last went well.
    pub tries: u32,
    /// Not before this.
    pub next_try: Timestamp,
    /// Begin of the first attempt whose end is not known.
    pub doubt_since: Option<Timestamp>,
    /// What is in the way, for a reader.
    pub why: Option<String>,
}

impl PartProgress {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: DeliveryState::Waiting,
            posted: None,
            tried: 0,
            shown: 0,
            tries: 0,
            next_try: now,
            doubt_since: None,
            why: None,
        }
    }
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxPart {
    /// The message it belongs to.
    pub key: String,
    /// Which part it is, from 0.
    pub position: u32,
    /// Where it goes, as it was given.
    pub destination: String,
    /// When the message was given.
    pub made: Timestamp,
    /// The revision of its content, from 1.
    pub revision: u64,
    /// What it says.
    pub content: PartContent,
    /// How far it came.
    pub progress: PartProgress,
}

/// A message, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Where it goes, as it was given.
    pub destination: String,
    /// When it was given.
    pub made: Timestamp,
    /// How far each part came, in their order.
    pub parts: Vec<PartProgress>,
}

impl Store {
    /// Takes a message in; one of the same key stays as it is. Tells whether it is new.
    pub async fn post_message(
        &self,
        key: &str,
        destination: &str,
        parts: &[(PartContent, PartProgress)],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "taking a message in";
        let mut writing = self.write().await?;
        let number = counters::advance(&mut writing, "message", 1).await?;
        let done = sqlx::query(
            "INSERT INTO message (message_key, number, destination, made_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (message_key) DO NOTHING",
        )
        .bind(key)
        .bind(number)
        .bind(destination)
        .bind(now.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for (position, (content, progress)) in (0..).zip(parts) {
            insert_part(&mut writing, key, position, 1, content, progress).await?;
        }
        writing.commit().await.doing(DOING)?;
        Ok(true)
    }

    /// Puts other content in the place of a message's; parts that it did not have are added. A message that is not there
    /// stays so.
    pub async fn revise_message(
        &self,
        key: &str,
        parts: &[PartContent],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const DOING: &str = "revising a message";
        let mut writing = self.write().await?;
        let revision: Option<i64> = sqlx::query_scalar(
            "SELECT CAST(MAX(revision) AS BIGINT) FROM message_part WHERE message_key = $1",
        )
        .bind(key)
        .fetch_one(&mut *writing)
        .await
        .doing(DOING)?;
        let Some(revision) = revision.map(|last| last.unsigned_abs() + 1) else { return Ok(()) };
        for (position, content) in (0..).zip(parts) {
            let done = sqlx::query(
                "UPDATE message_part SET body = $3, files = $4, revision = $5, next_try_ms = $6 \
                 WHERE message_key = $1 AND position = $2",
            )
            .bind(key)
            .bind(position)
            .bind(content.body.as_str())
            .bind(files_text(&content.files))
            .bind(number(revision))
            .bind(now.as_millisecond())
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
            if done.rows_affected() == 0 {
                let progress = PartProgress::new(now);
                insert_part(&mut writing, key, position, revision, content, &progress).await?;
            }
        }
        writing.commit().await.doing(DOING)
    }

    /// A message as far as it came; `None` when no such was taken in.
    pub async fn message(&self, key: &str) -> Result<Option<OutboxMessage>, StoreError> {
        const DOING: &str = "reading a message";
        let mut reading = self.read().await?;
        let found: Option<(String, i64)> =
            sqlx::query_as("SELECT destination, made_ms FROM message WHERE message_key = $1")
                .bind(key)
                .fetch_optional(&mut *reading)
                .await
                .doing(DOING)?;
        let Some((destination, made_ms)) = found else { return Ok(None) };
        let rows = sqlx::query(
            "SELECT state, posted_id, tried, shown, tries, next_try_ms, doubt_ms, why FROM message_part \
             WHERE message_key = $1 ORDER BY position",
        )
        .bind(key)
        .fetch_all(&mut *reading)
        .await
        .doing(DOING)?;
        let parts = rows.iter().map(read_progress).collect::<Result<_, _>>()?;
        Ok(Some(OutboxMessage { destination, made: instant(made_ms, "message.made_ms")?, parts }))
    }

    /// Parts about which something is to be done now, in the order of their messages. What would be due later than
    /// `latest` is due as well: the clock was moved.
    pub async fn due_parts(&self, now: Timestamp, latest: Timestamp) -> Result<Vec<OutboxPart>, StoreError> {
        let mut reading = self.read().await?;
        let sql = format!(
            "SELECT message_part.message_key, position, destination, made_ms, revision, body, files, nonce, marker, \
             state, posted_id, tried, shown, tries, next_try_ms, doubt_ms, why \
             FROM message_part JOIN message ON message.message_key = message_part.message_key \
             WHERE {IS_DUE} AND (next_try_ms <= $1 OR next_try_ms > $2) \
             ORDER BY message.number, position LIMIT {DUE_MAX}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(now.as_millisecond())
            .bind(latest.as_millisecond())
            .fetch_all(&mut *reading)
            .await
            .doing("looking for messages to post")?;
        rows.iter().map(read_part).collect()
    }

    /// Keeps how far a part came. The files of what stands there are not needed any more.
    pub async fn keep_progress(
        &self,
        key: &str,
        position: u32,
        progress: &PartProgress,
    ) -> Result<(), StoreError> {
        const DOING: &str = "keeping how far a message came";
        let mut writing = self.write().await?;
        sqlx::query(
            "UPDATE message_part SET state = $3, posted_id = $4, tried = $5, shown = $6, tries = $7, \
             next_try_ms = $8, doubt_ms = $9, why = $10, \
             files = CASE WHEN revision = $6 THEN '[]' ELSE files END \
             WHERE message_key = $1 AND position = $2",
        )
        .bind(key)
        .bind(i64::from(position))
        .bind(progress.state.word())
        .bind(progress.posted.clone())
        .bind(number(progress.tried))
        .bind(number(progress.shown))
        .bind(i64::from(progress.tries))
        .bind(progress.next_try.as_millisecond())
        .bind(progress.doubt_since.map(Timestamp::as_millisecond))
        .bind(progress.why.clone())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        writing.commit().await.doing(DOING)
    }

    /// How many parts of messages are in which state.
    pub async fn count_parts(&self) -> Result<Vec<(DeliveryState, u64)>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, COUNT(*) FROM message_part GROUP BY state")
                .fetch_all(&mut *reading)
                .await
                .doing("counting messages")?;
        let count = |(state, count): (String, i64)| {
            Ok((read_back(&state, "message_part.state")?, count.unsigned_abs()))
        };
        rows.into_iter().map(count).collect()
    }
}

async fn insert_part(
    connection: &mut AnyConnection,
    key: &str,
    position: i64,
    revision: u64,
    content: &PartContent,
    progress: &PartProgress,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO message_part (message_key, position, nonce, marker, body, files, revision, state, next_try_ms, \
         why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(key)
    .bind(position)
    .bind(content.nonce.as_str())
    .bind(content.marker.as_str())
    .bind(content.body.as_str())
    .bind(files_text(&content.files))
    .bind(number(revision))
    .bind(progress.state.word())
    .bind(progress.next_try.as_millisecond())
    .bind(progress.why.clone())
    .execute(connection)
    .await
    .doing("keeping a part of a message")
    .map(|_done| ())
}

fn read_part(row: &AnyRow) -> Result<OutboxPart, StoreError> {
    const DOING: &str = "reading a part of a message";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    Ok(OutboxPart {
        key: text("message_key")?,
        position: small(whole("position")?, "message_part.position")?,
        destination: text("destination")?,
        made: instant(whole("made_ms")?, "message.made_ms")?,
        revision: whole("revision")?.unsigned_abs(),
        content: PartContent {
            body: text("body")?,
            files: read_files(&text("files")?)?,
            nonce: text("nonce")?,
            marker: text("marker")?,
        },
        progress: read_progress(row)?,
    })
}

fn read_progress(row: &AnyRow) -> Result<PartProgress, StoreError> {
    const DOING: &str = "reading how far a message came";
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    let optional = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
    let doubt: Option<i64> = row.try_get("doubt_ms").doing(DOING)?;
    let state: String = row.try_get("state").doing(DOING)?;
    Ok(PartProgress {
        state: read_back(&state, "message_part.state")?,
        posted: optional("posted_id")?,
        tried: whole("tried")?.unsigned_abs(),
        shown: whole("shown")?.unsigned_abs(),
        tries: small(whole("tries")?, "message_part.tries")?,
        next_try: instant(whole("next_try_ms")?, "message_part.next_try_ms")?,
        doubt_since: doubt.map(|at| instant(at, "message_part.doubt_ms")).transpose()?,
        why: optional("why")?,
    })
}

fn small(value: i64, place: &'static str) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_odd| corrupt(place, format!("it is {value}")))
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn files_text(files: &[(String, Vec<u8>)]) -> String {
    let pairs: Vec<(&str, String)> =
        files.iter().map(|(name, bytes)| (name.as_str(), BASE64_STANDARD.encode(bytes))).collect();
    serde_json::to_string(&pairs).expect("texts are JSON")
}

fn read_files(text: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let bad = |message: String| corrupt("message_part.files", message);
    let pairs: Vec<(String, String)> = serde_json::from_str(text).map_err(|odd| bad(odd.to_string()))?;
    let decode = |(name, text): (String, String)| {
        BASE64_STANDARD.decode(text).map(|bytes| (name, bytes)).map_err(|odd| bad(odd.to_string()))
    };
    pairs.into_iter().map(decode).collect()
}
