//! Rules of alerts that were set by command, alerts, and what may become one.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::AnyConnection;

use crate::domain::Act;
use crate::domain::AlertId;
use crate::domain::AuditKind;

use super::audit;
use super::audit::Entry;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::open::Store;

/// A rule that was set by command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRuleRecord {
    /// Its name.
    pub name: String,
    /// Its parts as text; `None` takes away the rule of that name that stands in the settings.
    pub text: Option<String>,
    /// Who set it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRecord {
    /// Its number.
    pub id: u64,
    /// Whether nothing more comes of it.
    pub is_over: bool,
    /// Counts its changes, from 1.
    pub revision: u64,
    /// All of it, as text.
    pub body: String,
}

/// What holds, but not for long enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRecord {
    /// Name of the rule.
    pub rule: String,
    /// Of what.
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
}

/// All that the next look at the rules starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertsKept {
    /// Those that are not over, by number.
    pub open: Vec<AlertRecord>,
    /// By rule and subject.
    pub pending: Vec<PendingRecord>,
    /// The highest number so far; zero without any.
    pub last_id: u64,
}

type Row = (i64, i64, i64, String);

fn record((id, is_over, revision, body): Row) -> AlertRecord {
    AlertRecord { id: id.unsigned_abs(), is_over: is_over != 0, revision: revision.unsigned_abs(), body }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl Store {
    /// The rules that were set by command, by name.
    pub async fn alert_rules(&self) -> Result<Vec<AlertRuleRecord>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<(String, String, String, i64)> =
            sqlx::query_as("SELECT name, text, changed_by, changed_ms FROM alert_rule ORDER BY name")
                .fetch_all(&mut *reading)
                .await
                .doing("reading rules of alerts")?;
        rows.into_iter()
            .map(|(name, text, by, at)| {
                let at = instant(at, "alert_rule.changed_ms")?;
                Ok(AlertRuleRecord { name, text: Some(text).filter(|text| !text.is_empty()), by, at })
            })
            .collect()
    }

    /// Sets a rule, or takes one away.
    pub async fn put_alert_rule(&self, rule: &AlertRuleRecord, act: &Act) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        let before: Option<String> = sqlx::query_scalar("SELECT text FROM alert_rule WHERE name = $1")
            .bind(rule.name.as_str())
            .fetch_optional(&mut *writing)
            .await
            .doing("setting a rule of alerts")?;
        sqlx::query(
            "INSERT INTO alert_rule (name, text, changed_by, changed_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET text = excluded.text, changed_by = excluded.changed_by, \
             changed_ms = excluded.changed_ms",
        )
        .bind(rule.name.as_str())
        .bind(rule.text.as_deref().unwrap_or_default())
        .bind(rule.by.as_str())
        .bind(rule.at.as_millisecond())
        .execute(&mut *writing)
        .await
        .doing("setting a rule of alerts")?;
        let kind = if rule.text.is_some() { AuditKind::AlertRuleSet } else { AuditKind::AlertRuleRemove };
        let told = |text: &str| serde_json::from_str(text).ok();
        let entry = Entry::new(act, kind, rule.name.as_str())
            .changed(before.as_deref().and_then(told), rule.text.as_deref().and_then(told));
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing("setting a rule of alerts")
    }

    /// What the next look at the rules starts from.
    pub async fn alerts_kept(&self) -> Result<AlertsKept, StoreError> {
        let mut reading = self.read().await?;
        let open: Vec<Row> =
            sqlx::query_as("SELECT id, is_over, revision, body FROM alert WHERE is_over = 0 ORDER BY id")
                .fetch_all(&mut *reading)
                .await
                .doing("reading alerts")?;
        let pending: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT rule, subject, since_ms FROM alert_pending ORDER BY rule, subject")
                .fetch_all(&mut *reading)
                .await
                .doing("reading what may become an alert")?;
        let last_id: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(id), 0) FROM alert")
            .fetch_one(&mut *reading)
            .await
            .doing("reading the last alert")?;
        let pending = pending.into_iter().map(|(rule, subject, since)| {
            Ok(PendingRecord { rule, subject, since: instant(since, "alert_pending.since_ms")? })
        });
        Ok(AlertsKept {
            open: open.into_iter().map(record).collect(),
            pending: pending.collect::<Result<_, StoreError>>()?,
            last_id: last_id.unsigned_abs(),
        })
    }

    /// The newest alerts that are over.
    pub async fn past_alerts(&self, count_max: u32) -> Result<Vec<AlertRecord>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, is_over, revision, body FROM alert WHERE is_over = 1 ORDER BY id DESC LIMIT $1",
        )
        .bind(i64::from(count_max))
        .fetch_all(&mut *reading)
        .await
        .doing("reading past alerts")?;
        Ok(rows.into_iter().map(record).collect())
    }

    /// An alert by its number.
    pub async fn alert(&self, id: u64) -> Result<Option<AlertRecord>, StoreError> {
        let mut reading = self.read().await?;
        let row: Option<Row> = sqlx::query_as("SELECT id, is_over, revision, body FROM alert WHERE id = $1")
            .bind(number(id))
            .fetch_optional(&mut *reading)
            .await
            .doing("reading an alert")?;
        Ok(row.map(record))
    }

    /// Alerts whose last change was not given to the outbox yet, by number.
    pub async fn alerts_to_hand(&self) -> Result<Vec<AlertRecord>, StoreError> {
        let mut reading = self.read().await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, is_over, revision, body FROM alert WHERE handed < revision ORDER BY id",
        )
        .fetch_all(&mut *reading)
        .await
        .doing("reading alerts to tell of")?;
        Ok(rows.into_iter().map(record).collect())
    }

    /// Notes that an alert was given to the outbox as it was at a revision.
    pub async fn alert_handed(&self, id: u64, revision: u64) -> Result<(), StoreError> {
        let mut writing = self.write().await?;
        sqlx::query("UPDATE alert SET handed = $2 WHERE id = $1 AND handed < $2")
            .bind(number(id))
            .bind(number(revision))
            .execute(&mut *writing)
            .await
            .doing("noting that an alert was told")?;
        writing.commit().await.doing("noting that an alert was told")
    }

    /// Keeps an alert that a person changed; tells whether nobody else was faster.
    pub async fn change_alert(
        &self,
        changed: &AlertRecord,
        kind: AuditKind,
        act: &Act,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "changing an alert";
        let mut writing = self.write().await?;
        let before: Option<String> = sqlx::query_scalar("SELECT body FROM alert WHERE id = $1")
            .bind(number(changed.id))
            .fetch_optional(&mut *writing)
            .await
            .doing(DOING)?;
        if !put(&mut writing, changed).await? {
            return Ok(false);
        }
        let entry = Entry::new(act, kind, AlertId(changed.id).to_string());
        let entry = entry.changed(before.as_deref().and_then(told), told(&changed.body));
        audit::append(&mut writing, &[entry]).await?;
        writing.commit().await.doing(DOING)?;
        Ok(true)
    }

    /// Keeps alerts that changed by themselves, and all that may become one when that is another than before. Tells whether it did:
    /// not where one was changed by someone else meanwhile, and then nothing is kept.
    pub async fn keep_alerts(
        &self,
        changed: &[AlertRecord],
        pending: Option<&[PendingRecord]>,
    ) -> Result<bool, StoreError> {
        let mut writing = self.write().await?;
        for one in changed {
            if !put(&mut writing, one).await? {
                return Ok(false);
            }
        }
        if let Some(pending) = pending {
            sqlx::query("DELETE FROM alert_pending")
                .execute(&mut *writing)
                .await
                .doing("forgetting what did not become an alert")?;
            for one in pending {
                sqlx::query("INSERT INTO alert_pending (rule, subject, since_ms) VALUES ($1, $2, $3)")
                    .bind(one.rule.as_str())
                    .bind(one.subject.as_str())
                    .bind(one.since.as_millisecond())
                    .execute(&mut *writing)
                    .await
                    .doing("keeping what may become an alert")?;
            }
        }
        writing.commit().await.doing("keeping alerts")?;
        Ok(true)
    }
}

/// Puts an alert over the revision that it was made from; tells whether that is still there.
async fn put(connection: &mut AnyConnection, one: &AlertRecord) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO alert (id, is_over, revision, handed, body) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (id) DO UPDATE SET is_over = excluded.is_over, revision = excluded.revision, \
         body = excluded.body WHERE alert.revision = excluded.revision - 1",
    )
    .bind(number(one.id))
    .bind(i64::from(one.is_over))
    .bind(number(one.revision))
    .bind(one.body.as_str())
    .execute(connection)
    .await
    .doing("keeping an alert")?;
    Ok(done.rows_affected() > 0)
}

/// An alert for the audit log; of its own log, the last line.
fn told(body: &str) -> Option<Value> {
    let mut told: Value = serde_json::from_str(body).ok()?;
    if let Value::Object(parts) = &mut told {
        parts.retain(|name, _| !matches!(name.as_str(), "revision" | "reminded" | "pressing"));
        if let Some(log) = parts.get_mut("log") {
            *log = log.as_array().and_then(|lines| lines.last()).cloned().unwrap_or_default();
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(id: u64, revision: u64, is_over: bool) -> AlertRecord {
        AlertRecord { id, is_over, revision, body: format!("{id} at {revision}") }
    }

    #[tokio::test]
    async fn a_change_that_was_made_from_an_older_state_is_refused_whole() {
        let store = Store::in_memory().await.unwrap();
        assert!(store.keep_alerts(&[alert(1, 1, false), alert(2, 1, false)], None).await.unwrap());
        assert!(store.keep_alerts(&[alert(1, 2, false)], None).await.unwrap());
        let pending = [PendingRecord { rule: "a".into(), subject: "b".into(), since: Timestamp::UNIX_EPOCH }];
        let late = [alert(2, 2, false), alert(1, 2, true)];
        assert!(!store.keep_alerts(&late, Some(&pending)).await.unwrap());
        let kept = store.alerts_kept().await.unwrap();
        assert_eq!(
            (kept.open, kept.pending, kept.last_id),
            (vec![alert(1, 2, false), alert(2, 1, false)], vec![], 2)
        );
    }

    #[tokio::test]
    async fn what_is_over_is_read_by_number_or_newest_first() {
        let store = Store::in_memory().await.unwrap();
        let all = [alert(1, 1, true), alert(2, 1, false), alert(3, 1, true)];
        assert!(store.keep_alerts(&all, None).await.unwrap());
        assert_eq!(store.past_alerts(1).await.unwrap(), [alert(3, 1, true)]);
        assert_eq!(store.alert(1).await.unwrap(), Some(alert(1, 1, true)));
        assert_eq!(store.alert(9).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_change_is_handed_over_once() {
        let store = Store::in_memory().await.unwrap();
        assert!(store.keep_alerts(&[alert(1, 1, false), alert(2, 1, true)], None).await.unwrap());
        store.alert_handed(1, 1).await.unwrap();
        assert_eq!(store.alerts_to_hand().await.unwrap(), [alert(2, 1, true)]);
        assert!(store.keep_alerts(&[alert(1, 2, false)], None).await.unwrap());
        store.alert_handed(2, 1).await.unwrap();
        assert_eq!(store.alerts_to_hand().await.unwrap(), [alert(1, 2, false)]);
    }

    #[tokio::test]
    async fn a_rule_is_set_anew_or_taken_away() {
        let store = Store::in_memory().await.unwrap();
        let rule = |text: Option<&str>| AlertRuleRecord {
            name: "mine".into(),
            text: text.map(str::to_owned),
            by: "dana".into(),
            at: Timestamp::UNIX_EPOCH,
        };
        let act = Act::of_service(crate::domain::How::Terminal, Timestamp::UNIX_EPOCH);
        for text in [Some("one"), Some("two"), None] {
            store.put_alert_rule(&rule(text), &act).await.unwrap();
            assert_eq!(store.alert_rules().await.unwrap(), [rule(text)]);
        }
    }
}
