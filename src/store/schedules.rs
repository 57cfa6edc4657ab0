//! Schedules of digests that were subscribed to, and the course of all schedules.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::DigestName;
use crate::domain::LatePolicy;
use crate::domain::Person;

use super::audit;
use super::audit::Entry;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// A schedule that was subscribed to by command; its texts are read by who uses them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestRow {
    /// What it is called.
    pub name: DigestName,
    /// When it comes.
    pub cron: String,
    /// The time zone of that.
    pub zone: String,
    /// What it tells of.
    pub scope: String,
    /// Where it is read.
    pub destination: String,
    /// How late it may still go out.
    pub catch_up: SignedDuration,
    /// What becomes of a late one.
    pub policy: LatePolicy,
    /// Who subscribed.
    pub author: Person,
    /// When.
    pub made: Timestamp,
}

/// The course of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestCourse {
    /// The timing that this is about, spelt out.
    pub timing: String,
    /// Slots after this count.
    pub since: Timestamp,
    /// Since when it is paused, and by whom.
    pub paused: Option<(Timestamp, Person)>,
}

impl Store {
    /// Keeps a schedule in the place of one of the same name.
    pub async fn put_digest(&self, row: &DigestRow, act: &Act) -> Result<(), StoreError> {
        const DOING: &str = "keeping the schedule of a digest";
        let mut writing = self.write().await?;
        let before = sqlx::query("SELECT * FROM digest_schedule WHERE name = $1")
            .bind(row.name.as_str())
            .fetch_optional(&mut *writing)
            .await
            .doing(DOING)?;
        let before = before.as_ref().map(read_row).transpose()?;
        sqlx::query(
            "INSERT INTO digest_schedule (name, cron, zone, scope, destination, catch_up_s, policy, author, made_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO UPDATE SET cron = excluded.cron, \
             zone = excluded.zone, scope = excluded.scope, destination = excluded.destination, \
             catch_up_s = excluded.catch_up_s, policy = excluded.policy, author = excluded.author, \
             made_ms = excluded.made_ms",
        )
        .bind(row.name.as_str())
        .bind(row.cron.as_str())
        .bind(row.zone.as_str())
        .bind(row.scope.as_str())
        .bind(row.destination.as_str())
        .bind(row.catch_up.as_secs())
        .bind(row.policy.word())
        .bind(row.author.as_str())
        .bind(row.made.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        let entry = Entry::new(act, AuditKind::DigestSubscribe, row.name.as_str());
        audit::append(&mut writing, &[entry.changed(before.as_ref().map(told), Some(told(row)))]).await?;
        writing.commit().await.doing(DOING)
    }

    /// The schedules that were subscribed to, by name.
    pub async fn digests(&self) -> Result<Vec<DigestRow>, StoreError> {
        let mut reading = self.read().await?;
        let rows = sqlx::query("SELECT * FROM digest_schedule ORDER BY name")
            .fetch_all(&mut *reading)
            .await
            .doing("reading the schedules of digests")?;
        rows.iter().map(read_row).collect()
    }

    /// The course of a schedule. Of one that is new here, or whose timing is another now, slots count from now on; it
    /// stays paused if it was.
    pub async fn digest_course(
        &self,
        name: &DigestName,
        timing: &str,
        now: Timestamp,
    ) -> Result<DigestCourse, StoreError> {
        const DOING: &str = "reading the course of a digest";
        let mut reading = self.read().await?;
        let row =
            sqlx::query("SELECT timing, since_ms, paused_ms, paused_by FROM digest_course WHERE name = $1")
                .bind(name.as_str())
                .fetch_optional(&mut *reading)
                .await
                .doing(DOING)?;
        drop(reading);
        let known = row.as_ref().map(read_course).transpose()?;
        if let Some(course) = known.as_ref().filter(|course| course.timing == timing) {
            return Ok(course.clone());
        }
        let paused = known.and_then(|course| course.paused);
        let course = DigestCourse { timing: timing.to_owned(), since: now, paused };
        let mut writing = self.write().await?;
        put_course(&mut writing, name, &course).await?;
        writing.commit().await.doing(DOING)?;
        Ok(course)
    }

    /// Pauses a schedule or lets it go on, and keeps from when on its slots count.
    pub async fn turn_digest(
        &self,
        name: &DigestName,
        course: &DigestCourse,
        act: &Act,
    ) -> Result<(), StoreError> {
        const DOING: &str = "keeping the course of a digest";
        let mut writing = self.write().await?;
        let before: Option<i64> = sqlx::query_scalar("SELECT paused_ms FROM digest_course WHERE name = $1")
            .bind(name.as_str())
            .fetch_optional(&mut *writing)
            .await
            .doing(DOING)?
            .flatten();
        put_course(&mut writing, name, course).await?;
        if before.is_some() != course.paused.is_some() {
            let is_paused = course.paused.is_some();
            let kind = if is_paused { AuditKind::DigestPause } else { AuditKind::DigestResume };
            let told = |paused: bool| Some(json!({"paused": paused}));
            let entry = Entry::new(act, kind, name.as_str()).changed(told(!is_paused), told(is_paused));
            audit::append(&mut writing, &[entry]).await?;
        }
        writing.commit().await.doing(DOING)
    }
}

async fn put_course(
    connection: &mut AnyConnection,
    name: &DigestName,
    course: &DigestCourse,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO digest_course (name, timing, since_ms, paused_ms, paused_by) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (name) DO UPDATE SET timing = excluded.timing, since_ms = excluded.since_ms, \
         paused_ms = excluded.paused_ms, paused_by = excluded.paused_by",
    )
    .bind(name.as_str())
    .bind(course.timing.as_str())
    .bind(course.since.as_millisecond())
    .bind(course.paused.as_ref().map(|(at, _)| at.as_millisecond()))
    .bind(course.paused.as_ref().map(|(_, by)| by.as_str().to_owned()))
    .execute(connection)
    .await
    .doing("keeping the course of a digest")
    .map(|_done| ())
}

/// A schedule for the audit log.
fn told(row: &DigestRow) -> Value {
    json!({
        "cron": row.cron,
        "zone": row.zone,
        "scope": row.scope,
        "destination": row.destination,
        "catch_up_seconds": row.catch_up.as_secs(),
        "policy": row.policy.word(),
    })
}

fn read_row(row: &AnyRow) -> Result<DigestRow, StoreError> {
    const DOING: &str = "reading the schedule of a digest";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let whole = |column: &str| row.try_get::<i64, _>(column).doing(DOING);
    Ok(DigestRow {
        name: read_back(&text("name")?, "digest_schedule.name")?,
        cron: text("cron")?,
        zone: text("zone")?,
        scope: text("scope")?,
        destination: text("destination")?,
        catch_up: SignedDuration::from_secs(whole("catch_up_s")?),
        policy: read_back(&text("policy")?, "digest_schedule.policy")?,
        author: read_back(&text("author")?, "digest_schedule.author")?,
        made: instant(whole("made_ms")?, "digest_schedule.made_ms")?,
    })
}

fn read_course(row: &AnyRow) -> Result<DigestCourse, StoreError> {
    const DOING: &str = "reading the course of a digest";
    let since: i64 = row.try_get("since_ms").doing(DOING)?;
    let at: Option<i64> = row.try_get("paused_ms").doing(DOING)?;
    let by: Option<String> = row.try_get("paused_by").doing(DOING)?;
    let paused = match at.zip(by) {
        None => None,
        Some((at, by)) => {
            Some((instant(at, "digest_course.paused_ms")?, read_back(&by, "digest_course.paused_by")?))
        }
    };
    let timing = row.try_get("timing").doing(DOING)?;
    Ok(DigestCourse { timing, since: instant(since, "digest_course.since_ms")?, paused })
}
