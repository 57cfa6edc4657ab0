//! Logins under way, and passes that were used: each serves once.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::error::Doing;
use super::error::StoreError;
use super::open::Store;

/// For how long it is known of a pass that is over that it was used.
const USED_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A login that was begun and waits for its visitor to come back.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Fingerprint of the state that comes back in the address.
    pub state: String,
    /// Fingerprint of the cookie of the browser that began it.
    pub browser: String,
    /// What proves to the other side that it was we who sent the visitor.
    pub verifier: String,
    /// Where the visitor wanted to go: a path of our own.
    pub path: String,
    /// After that it counts no more.
    pub ends: Timestamp,
}

/// The verifier never prints.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("path", &self.path).field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Store {
    /// Begins a login, and forgets those that have run out.
    pub async fn begin_login(&self, login: &Login, now: Timestamp) -> Result<(), StoreError> {
        const DOING: &str = "beginning a login";
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM login WHERE ends_ms <= $1")
            .bind(now.as_millisecond())
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        sqlx::query(
            "INSERT INTO login (state_fingerprint, browser_fingerprint, verifier, path, ends_ms) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(login.state.as_str())
        .bind(login.browser.as_str())
        .bind(login.verifier.as_str())
        .bind(login.path.as_str())
        .bind(login.ends.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        writing.commit().await.doing(DOING)
    }

    /// Takes a login back that this browser began and that has not run out: nobody gets it a second time.
    pub async fn take_login(
        &self,
        state: &str,
        browser: &str,
        now: Timestamp,
    ) -> Result<Option<Login>, StoreError> {
        const DOING: &str = "taking a login back";
        let mut writing = self.write().await?;
        let row: Option<(String, String, i64)> = sqlx::query_as(
            "DELETE FROM login WHERE state_fingerprint = $1 AND browser_fingerprint = $2 \
             RETURNING verifier, path, ends_ms",
        )
        .bind(state)
        .bind(browser)
        .fetch_optional(&mut *writing)
        .await
        .doing(DOING)?;
        writing.commit().await.doing(DOING)?;
        let Some((verifier, path, ends)) = row.filter(|(.., ends)| *ends > now.as_millisecond()) else {
            return Ok(None);
        };
        let ends = super::error::instant(ends, "login.ends_ms")?;
        Ok(Some(Login { state: state.to_owned(), browser: browser.to_owned(), verifier, path, ends }))
    }

    /// Uses a pass up; tells whether it had not been used before. Those that have been over for long are forgotten: not
    /// at once, since a clock that is ahead for a moment would let them be used again.
    pub async fn use_pass(
        &self,
        fingerprint: &str,
        ends: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "using a pass";
        let mut writing = self.write().await?;
        sqlx::query("DELETE FROM used_pass WHERE ends_ms <= $1")
            .bind((now - USED_KEPT).as_millisecond())
            .execute(&mut *writing)
            .await
            .doing(DOING)?;
        let done = sqlx::query(
            "INSERT INTO used_pass (fingerprint, ends_ms) VALUES ($1, $2) ON CONFLICT (fingerprint) DO NOTHING",
        )
        .bind(fingerprint)
        .bind(ends.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing(DOING)?;
        writing.commit().await.doing(DOING)?;
        Ok(done.rows_affected() > 0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    fn login() -> Login {
        Login {
            state: "s".into(),
            browser: "b".into(),
            verifier: "v".into(),
            path: "/usage".into(),
            ends: at(10),
        }
    }

    #[tokio::test]
    async fn a_login_serves_its_own_browser_once_and_in_time() {
        let store = Store::in_memory().await.unwrap();
        store.begin_login(&login(), at(0)).await.unwrap();
        assert_eq!(store.take_login("s", "other", at(1)).await.unwrap(), None);
        assert_eq!(store.take_login("s", "b", at(1)).await.unwrap(), Some(login()));
        assert_eq!(store.take_login("s", "b", at(1)).await.unwrap(), None);
        store.begin_login(&login(), at(0)).await.unwrap();
        assert_eq!(store.take_login("s", "b", at(10)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_pass_is_used_once() {
        let store = Store::in_memory().await.unwrap();
        assert!(store.use_pass("p", at(10), at(1)).await.unwrap());
        assert!(!store.use_pass("p", at(10), at(2)).await.unwrap());
        assert!(store.use_pass("q", at(20), at(12)).await.unwrap());
    }
}
