//! How it goes with each source: its last try, its last success, what is in the way.
//!
//! Invariant: a success never wipes out what the last failure was; it only ends the run of failed tries.

use jiff::Timestamp;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::SourceId;
use crate::domain::SourceKind;
use crate::domain::Unmapped;

use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// What a failure may take up, in characters: it stands in a table and in chat.
const FAILURE_CHARS_MAX: usize = 500;

/// One try to get usage from a source, or one time that it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTry {
    /// Which source.
    pub source: SourceId,
    /// How its usage comes.
    pub kind: SourceKind,
    /// When it was tried.
    pub at: Timestamp,
    /// Rows that were new or restated; or what was in the way and what to do about it, in words without secrets.
    pub came: Result<u64, String>,
    /// When it is tried again, where that is up to us.
    pub next: Option<Timestamp>,
    /// What must be known about the figures that came.
    pub note: Option<String>,
}

/// How it goes with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCourse {
    /// Which source.
    pub source: SourceId,
    /// How its usage comes.
    pub kind: SourceKind,
    /// Up to when its usage is complete.
    pub watermark: Option<Timestamp>,
    /// When it was tried last.
    pub tried: Timestamp,
    /// When it went well last.
    pub succeeded: Option<Timestamp>,
    /// When it last went wrong, and why; it may have gone well since.
    pub failure: Option<(Timestamp, String)>,
    /// Tries that failed since it went well last; zero when all is well.
    pub failed_tries: u64,
    /// Rows that came so far, new or restated.
    pub rows: u64,
    /// When it is tried again, where that is up to us.
    pub next: Option<Timestamp>,
    /// What must be known about its figures.
    pub note: Option<String>,
}

/// How usage comes in by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feeds {
    /// The sources that were ever tried, by name.
    pub courses: Vec<SourceCourse>,
    /// Whose usage no rule gives to an account, by source and holder.
    pub unmapped: Vec<(SourceId, Unmapped)>,
}

impl SourceCourse {
    /// What is in the way now, since the last try that went well.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        let (_, why) = self.failure.as_ref().filter(|_failed| self.failed_tries > 0)?;
        Some(why)
    }
}

impl Store {
    /// Keeps what came of a try.
    pub async fn note_source(&self, tried: &SourceTry) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        note(&mut writing, tried).await?;
        writing.commit().await.doing("noting how it goes with a source")
    }

    /// How usage comes in by itself.
    pub async fn feeds(&self) -> Result<Feeds, StoreError> {
        Ok(Feeds { courses: self.source_courses().await?, unmapped: self.unmapped().await? })
    }

    /// How it goes with all sources that were ever tried, by name.
    pub async fn source_courses(&self) -> Result<Vec<SourceCourse>, StoreError> {
        let mut reading = self.read().await?;
        let rows = sqlx::query(
            "SELECT c.name AS name, c.kind AS kind, s.watermark AS watermark, c.tried_ms AS tried_ms, \
             c.succeeded_ms AS succeeded_ms, c.failed_ms AS failed_ms, c.failure AS failure, \
             c.failed_tries AS failed_tries, c.rows_taken AS rows_taken, c.next_ms AS next_ms, c.note AS note \
             FROM source_course c LEFT JOIN source s ON s.name = c.name ORDER BY c.name",
        )
        .fetch_all(&mut *reading)
        .await
        .doing(READING)?;
        rows.iter().map(read_course).collect()
    }
}

/// The same inside a transaction that commits what came.
pub(super) async fn note(connection: &mut AnyConnection, tried: &SourceTry) -> Result<(), StoreError> {
    let at = tried.at.as_millisecond();
    let (rows, failure) = match &tried.came {
        Ok(rows) => (i64::try_from(*rows).unwrap_or(i64::MAX), None),
        Err(why) => (0, Some(why.chars().take(FAILURE_CHARS_MAX).collect::<String>())),
    };
    let failed = failure.is_some();
    sqlx::query(
        "INSERT INTO source_course \
         (name, kind, tried_ms, succeeded_ms, failed_ms, failure, failed_tries, rows_taken, next_ms, note) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO UPDATE SET \
         kind = excluded.kind, tried_ms = excluded.tried_ms, \
         succeeded_ms = COALESCE(excluded.succeeded_ms, source_course.succeeded_ms), \
         failed_ms = COALESCE(excluded.failed_ms, source_course.failed_ms), \
         failure = COALESCE(excluded.failure, source_course.failure), \
         failed_tries = CASE WHEN excluded.failed_tries = 0 THEN 0 ELSE source_course.failed_tries + 1 END, \
         rows_taken = source_course.rows_taken + excluded.rows_taken, next_ms = excluded.next_ms, \
         note = CASE WHEN excluded.failed_tries = 0 THEN excluded.note ELSE source_course.note END",
    )
    .bind(tried.source.as_str())
    .bind(tried.kind.word())
    .bind(at)
    .bind((!failed).then_some(at))
    .bind(failed.then_some(at))
    .bind(failure)
    .bind(i64::from(failed))
    .bind(rows)
    .bind(tried.next.map(Timestamp::as_millisecond))
    .bind(tried.note.clone())
    .execute(connection)
    .await
    .doing("noting how it goes with a source")
    .map(|_done| ())
}

const READING: &str = "reading how it goes with the sources";

fn read_course(row: &AnyRow) -> Result<SourceCourse, StoreError> {
    let text = |column: &str| row.try_get::<String, _>(column).doing(READING);
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(READING);
    let at = |column: &str, place: &'static str| {
        let ms = row.try_get::<Option<i64>, _>(column).doing(READING)?;
        ms.map(|ms| instant(ms, place)).transpose()
    };
    let failure: Option<String> = row.try_get("failure").doing(READING)?;
    Ok(SourceCourse {
        source: read_back(&text("name")?, "source_course.name")?,
        kind: read_back(&text("kind")?, "source_course.kind")?,
        watermark: at("watermark", "source.watermark")?,
        tried: instant(whole("tried_ms")?, "source_course.tried_ms")?,
        succeeded: at("succeeded_ms", "source_course.succeeded_ms")?,
        failure: at("failed_ms", "source_course.failed_ms")?.zip(failure),
        failed_tries: whole("failed_tries")?.unsigned_abs(),
        rows: whole("rows_taken")?.unsigned_abs(),
        next: at("next_ms", "source_course.next_ms")?,
        note: row.try_get("note").doing(READING)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Keep;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn tried(second: i64, came: Result<u64, &str>) -> SourceTry {
        SourceTry {
            source: "anthropic".parse().unwrap(),
            kind: SourceKind::Pull,
            at: at(second),
            came: came.map_err(str::to_owned),
            next: Some(at(second + 60)),
            note: None,
        }
    }

    async fn after(store: &Store, one: SourceTry) -> SourceCourse {
        store.note_source(&one).await.unwrap();
        store.source_courses().await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn a_success_ends_the_trouble_and_the_last_failure_is_still_known() {
        let store = Store::in_memory().await.unwrap();
        let first = after(&store, tried(0, Err("the key is not accepted"))).await;
        assert_eq!((first.failed_tries, first.succeeded, first.rows), (1, None, 0));
        assert_eq!(first.trouble(), Some("the key is not accepted"));
        let second = after(&store, tried(60, Err("it does not answer"))).await;
        assert_eq!((second.failed_tries, second.trouble()), (2, Some("it does not answer")));
        let well = after(&store, tried(120, Ok(7))).await;
        assert_eq!((well.failed_tries, well.trouble(), well.rows), (0, None, 7));
        assert_eq!(well.failure, Some((at(60), "it does not answer".into())));
        let again = after(&store, tried(180, Ok(5))).await;
        assert_eq!((again.rows, again.succeeded, again.next), (12, Some(at(180)), Some(at(240))));
    }

    #[tokio::test]
    async fn the_watermark_is_that_of_its_usage() {
        let store = Store::in_memory().await.unwrap();
        assert_eq!(after(&store, tried(0, Ok(0))).await.watermark, None);
        let act = crate::domain::Act::of_service(crate::domain::How::Source, Timestamp::UNIX_EPOCH);
        let intake = crate::store::Intake::new(act, crate::domain::AuditKind::ImportUsage, "a file");
        let writer = store.usage_writer(Keep::Yes, intake).await.unwrap();
        writer.finish(Some(("anthropic".parse().unwrap(), at(30)))).await.unwrap();
        assert_eq!(after(&store, tried(60, Ok(0))).await.watermark, Some(at(30)));
    }
}
