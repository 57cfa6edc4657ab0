//! Sessions of browsers: known by the fingerprint of their cookie, gone when they end.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use sqlx::AnyConnection;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Bearer;
use crate::domain::Person;

use super::audit;
use super::audit::Entry;
use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::error::instant;
use super::error::read_back;
use super::open::Store;

/// A browser that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Of the secret in its cookie.
    pub fingerprint: String,
    /// Whose rights it has.
    pub bearer: Bearer,
    /// What the browser calls itself; from outside.
    pub agent: String,
    /// When it began.
    pub made: Timestamp,
    /// When it was used last, to about a minute.
    pub seen: Timestamp,
}

impl Session {
    /// What it is called where its secret must not be known: the first letters of its fingerprint.
    #[must_use]
    pub fn name(&self) -> &str {
        self.fingerprint.get(..8).unwrap_or(&self.fingerprint)
    }
}

type Row = (String, Option<i64>, Option<String>, String, i64, i64);

const COLUMNS: &str = "SELECT fingerprint, user_id, reader, agent, made_ms, seen_ms FROM session";

impl Store {
    /// Begins a session, in the place of an earlier one of the same browser if there is one.
    pub async fn begin_session(
        &self,
        session: &Session,
        replaced: Option<&str>,
        act: &Act,
    ) -> Result<(), StoreError> {
        const DOING: &str = "beginning a session";
        let (user, reader) = match &session.bearer {
            Bearer::Member(user) => (Some(user.cast_signed()), None),
            Bearer::Reader(person) => (None, Some(person.as_str())),
        };
        let mut writing = self.write().await?;
        let before = match replaced {
            Some(fingerprint) => take(&mut writing, fingerprint).await?,
            None => None,
        };
        sqlx::query(
            "INSERT INTO session (fingerprint, user_id, reader, agent, made_ms, seen_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(session.fingerprint.as_str())
        .bind(user)
        .bind(reader)
        .bind(session.agent.as_str())
        .bind(session.made.as_millisecond())
        .bind(session.seen.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        let entry = Entry::new(act, AuditKind::SessionOpen, session.name());
        let entry = entry.changed(before.as_ref().map(told), Some(told(session)));
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing(DOING)
    }

    /// A session by its fingerprint.
    pub async fn session(&self, fingerprint: &str) -> Result<Option<Session>, StoreError> {
        let mut reading = self.read().await?;
        let row: Option<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE fingerprint = $1")))
                .bind(fingerprint)
                .fetch_optional(&mut *reading)
                .await
                .doing("reading a session")?;
        row.map(read_row).transpose()
    }

    /// All sessions, the one used last first.
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY seen_ms DESC")))
            .fetch_all(&mut *reading)
            .await
            .doing("reading sessions")?;
        rows.into_iter().map(read_row).collect()
    }

    /// Notes that a session was used.
    pub async fn touch_session(&self, fingerprint: &str, now: Timestamp) -> Result<(), StoreError> {
        self.change(
            "noting that a session was used",
            sqlx::query("UPDATE session SET seen_ms = $1 WHERE fingerprint = $2")
                .bind(now.as_millisecond())
                .bind(fingerprint.to_owned()),
        )
        .await
        .map(drop)
    }

    /// Ends a session; tells whether there was one.
    pub async fn end_session(&self, fingerprint: &str, act: &Act) -> Result<bool, StoreError> {
        let mut writing = self.write().await?;
        let Some(ended) = take(&mut writing, fingerprint).await? else { return Ok(false) };
        let entry = Entry::new(act, AuditKind::SessionEnd, ended.name()).changed(Some(told(&ended)), None);
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing("ending a session")?;
        Ok(true)
    }

    /// Forgets sessions that were not used since then, or began before that; tells how many. They had run out by
    /// themselves, so nobody is entered for it.
    pub async fn forget_sessions(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError> {
        self.change(
            "forgetting old sessions",
            sqlx::query("DELETE FROM session WHERE seen_ms < $1 OR made_ms < $2")
                .bind(unused.as_millisecond())
                .bind(begun.as_millisecond()),
        )
        .await
    }
}

/// Takes a session away.
async fn take(connection: &mut AnyConnection, fingerprint: &str) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "DELETE FROM session WHERE fingerprint = $1 RETURNING fingerprint, user_id, reader, agent, made_ms, seen_ms",
    )
    .bind(fingerprint)
    .fetch_optional(connection)
    .await
    .doing("ending a session")?;
    row.map(read_row).transpose()
}

/// A session for the audit log.
fn told(one: &Session) -> Value {
    let of = match &one.bearer {
        Bearer::Member(user) => format!("member {user}"),
        Bearer::Reader(person) => format!("reader {person}"),
    };
    json!({"of": of, "browser": one.agent})
}

fn read_row((fingerprint, user, reader, agent, made, seen): Row) -> Result<Session, StoreError> {
    let bearer = match (user, reader) {
        (Some(user), None) => Bearer::Member(user.cast_unsigned()),
        (None, Some(name)) => Bearer::Reader(read_back::<Person>(&name, "session.reader")?),
        _ => return Err(corrupt("session.user_id", "neither a user nor a reader alone".into())),
    };
    Ok(Session {
        fingerprint,
        bearer,
        agent,
        made: instant(made, "session.made_ms")?,
        seen: instant(seen, "session.seen_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn session(fingerprint: &str, bearer: Bearer, hour: i64) -> Session {
        let at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        Session { fingerprint: fingerprint.into(), bearer, agent: "Firefox".into(), made: at, seen: at }
    }

    fn act() -> Act {
        Act::of_service(crate::domain::How::Web, Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn a_session_is_known_until_it_ends() {
        let store = Store::in_memory().await.unwrap();
        let one = session("a", Bearer::Member(u64::MAX), 1);
        let other = session("b", Bearer::Reader("dana".parse().unwrap()), 2);
        store.begin_session(&one, None, &act()).await.unwrap();
        store.begin_session(&other, None, &act()).await.unwrap();
        assert_eq!(store.session("a").await.unwrap(), Some(one.clone()));
        assert_eq!(store.sessions().await.unwrap(), [other.clone(), one.clone()]);
        assert!(
            store.end_session("a", &act()).await.unwrap() && !store.end_session("a", &act()).await.unwrap()
        );
        assert_eq!(store.session("a").await.unwrap(), None);
        assert!(store.end_session(&other.fingerprint, &act()).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_idle_or_old_is_forgotten() {
        let store = Store::in_memory().await.unwrap();
        for (name, hour) in [("a", 1), ("b", 20), ("c", 40)] {
            store.begin_session(&session(name, Bearer::Member(1), hour), None, &act()).await.unwrap();
        }
        let hour = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        store.touch_session("a", hour(50)).await.unwrap();
        // `b` was not used, `a` began too long ago.
        assert_eq!(store.forget_sessions(hour(30), hour(10)).await.unwrap(), 2);
        let left = store.sessions().await.unwrap();
        assert_eq!(left.iter().map(|one| one.fingerprint.as_str()).collect::<Vec<_>>(), ["c"]);
    }
}
