//! Sessions of browsers: known by the fingerprint of their cookie, gone when they end.

use jiff::Timestamp;

use crate::domain::Bearer;
use crate::domain::Person;

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

type Row = (String, Option<i64>, Option<String>, String, i64, i64);

const COLUMNS: &str = "SELECT fingerprint, user_id, reader, agent, made_ms, seen_ms FROM session";

impl Store {
    /// Begins a session.
    pub async fn begin_session(&self, session: &Session) -> Result<(), StoreError> {
        let (user, reader) = match &session.bearer {
            Bearer::Member(user) => (Some(user.cast_signed()), None),
            Bearer::Reader(person) => (None, Some(person.as_str())),
        };
        let mut writing = self.write().await?;
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
        .doing("beginning a session")?;
        writing.commit().await.doing("beginning a session")
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
    pub async fn end_session(&self, fingerprint: &str) -> Result<bool, StoreError> {
        let ended = self.change(
            "ending a session",
            sqlx::query("DELETE FROM session WHERE fingerprint = $1").bind(fingerprint.to_owned()),
        );
        Ok(ended.await? > 0)
    }

    /// Ends all sessions of a bearer; tells how many there were.
    pub async fn end_sessions_of(&self, bearer: &Bearer) -> Result<u64, StoreError> {
        self.change(
            "ending sessions",
            match bearer {
                Bearer::Member(user) => {
                    sqlx::query("DELETE FROM session WHERE user_id = $1").bind(user.cast_signed())
                }
                Bearer::Reader(person) => {
                    sqlx::query("DELETE FROM session WHERE reader = $1").bind(person.as_str().to_owned())
                }
            },
        )
        .await
    }

    /// Forgets sessions that were not used since then, or began before that; tells how many.
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

    #[tokio::test]
    async fn a_session_is_known_until_it_ends() {
        let store = Store::in_memory().await.unwrap();
        let one = session("a", Bearer::Member(u64::MAX), 1);
        let other = session("b", Bearer::Reader("dana".parse().unwrap()), 2);
        store.begin_session(&one).await.unwrap();
        store.begin_session(&other).await.unwrap();
        assert_eq!(store.session("a").await.unwrap(), Some(one.clone()));
        assert_eq!(store.sessions().await.unwrap(), [other.clone(), one.clone()]);
        assert!(store.end_session("a").await.unwrap() && !store.end_session("a").await.unwrap());
        assert_eq!(store.session("a").await.unwrap(), None);
        assert_eq!(store.end_sessions_of(&other.bearer).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_is_idle_or_old_is_forgotten() {
        let store = Store::in_memory().await.unwrap();
        for (name, hour) in [("a", 1), ("b", 20), ("c", 40)] {
            store.begin_session(&session(name, Bearer::Member(1), hour)).await.unwrap();
        }
        let hour = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        store.touch_session("a", hour(50)).await.unwrap();
        // `b` was not used, `a` began too long ago.
        assert_eq!(store.forget_sessions(hour(30), hour(10)).await.unwrap(), 2);
        let left = store.sessions().await.unwrap();
        assert_eq!(left.iter().map(|one| one.fingerprint.as_str()).collect::<Vec<_>>(), ["c"]);
    }
}
