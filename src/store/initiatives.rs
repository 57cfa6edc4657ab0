//! Initiatives and their logs.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::Act;
use crate::domain::AuditKind;
use crate::domain::Initiative;
use crate::domain::InitiativeId;
use crate::domain::InitiativeUpdate;
use crate::domain::Money;

use super::audit;
use super::audit::Entered;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::instant;
use super::error::read_back;
use super::open::Store;
use super::recorded::Change;
use super::recorded::Recorded;

impl Store {
    /// Adds initiatives or replaces those of the same id, with their updates. Unknown accounts are refused by the
    /// caller; here they are an error and nothing is kept.
    pub async fn put_initiatives(
        &self,
        initiatives: &[Initiative],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        let mut writing = self.write().await?;
        let mut known = read_initiatives(&mut writing).await?;
        let mut recorded = Recorded::default();
        for given in initiatives {
            let mut initiative = given.clone();
            for update in &mut initiative.updates {
                update.at = instant(update.at.as_millisecond(), "initiative_update.at_ms")?;
            }
            initiative.updates.sort_by_key(|update| update.at);
            let before = known.get(&initiative.id);
            let change = Change::between(before, &initiative);
            if change != Change::None {
                put(&mut writing, &initiative).await?;
                if let Entered::Each(act) = entered {
                    audit::append(&mut writing, &[entry(act, before, &initiative)]).await?;
                }
            }
            recorded.count(change, &initiative.account);
            // The account that lost it is touched as well.
            if let Some(before) = before.filter(|before| before.account != initiative.account) {
                recorded.touched.push(before.account.clone());
            }
            known.insert(initiative.id.clone(), initiative);
        }
        if let Entered::Within(intake) = entered {
            intake.note(&mut writing, &recorded).await?;
        }
        recorded.close(&mut writing).await?;
        writing.commit().await.doing("keeping initiatives")?;
        Ok(recorded)
    }

    /// The next free id, `ini-1`, `ini-2` … It is taken for good, so that two who ask at once never get the same.
    pub async fn next_initiative_id(&self) -> Result<InitiativeId, StoreError> {
        let mut writing = self.write().await?;
        loop {
            let id = format!("ini-{}", counters::advance(&mut writing, "initiative", 1).await?);
            let taken: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM initiative WHERE initiative_id = $1")
                .bind(id.as_str())
                .fetch_one(&mut *writing)
                .await
                .doing("looking for a free initiative id")?;
            if taken == 0 {
                writing.commit().await.doing("taking an initiative id")?;
                return read_back(&id, "initiative.initiative_id");
            }
        }
    }

    /// All initiatives, in the order of their ids.
    pub async fn initiatives(&self) -> Result<Vec<Initiative>, StoreError> {
        let mut reading = self.read().await?;
        Ok(read_initiatives(&mut reading).await?.into_values().collect())
    }
}

/// What became of an initiative, for the audit log.
fn entry<'a>(act: &'a Act, before: Option<&Initiative>, after: &Initiative) -> Entry<'a> {
    let kind = match before {
        None => AuditKind::InitiativeAdd,
        Some(before) if before.is_open() && !after.is_open() => AuditKind::InitiativeClose,
        Some(_) => AuditKind::InitiativeChange,
    };
    let written = before.map_or(&[][..], |before| &before.updates);
    let is_new = |update: &&InitiativeUpdate| !written.contains(update);
    let log: Vec<&str> = after.updates.iter().filter(is_new).map(|update| update.text.as_str()).collect();
    let mut told = told(after);
    if !log.is_empty() {
        told["log"] = json!(log);
    }
    let of = Entry::new(act, kind, after.id.as_str()).about(&after.account);
    of.changed(before.map(self::told), Some(told))
}

fn told(one: &Initiative) -> Value {
    json!({
        "account": one.account.as_str(),
        "title": one.title,
        "priority": one.priority.word(),
        "status": one.status.word(),
        "owner": one.owner.as_ref().map(|owner| owner.as_str()),
        "expected_revenue": one.expected_revenue.map(|money| money.to_string()),
        "start": one.start.map(|day| day.to_string()),
        "due": one.due.map(|day| day.to_string()),
        "target": one.target.map(|metric| metric.word()),
    })
}

async fn put(connection: &mut AnyConnection, initiative: &Initiative) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO initiative (initiative_id, account, title, priority, status, owner, expected_revenue, \
         start_day, due_day, target) \
         VALUES ($1, (SELECT id FROM account WHERE account_id = $2), $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (initiative_id) DO UPDATE SET account = excluded.account, title = excluded.title, \
         priority = excluded.priority, status = excluded.status, owner = excluded.owner, \
         expected_revenue = excluded.expected_revenue, start_day = excluded.start_day, \
         due_day = excluded.due_day, target = excluded.target",
    )
    .bind(initiative.id.as_str())
    .bind(initiative.account.as_str())
    .bind(initiative.title.as_str())
    .bind(initiative.priority.word())
    .bind(initiative.status.word())
    .bind(initiative.owner.as_ref().map(|owner| owner.as_str().to_owned()))
    .bind(initiative.expected_revenue.map(|money| money.micros))
    .bind(initiative.start.map(|day| day.to_string()))
    .bind(initiative.due.map(|day| day.to_string()))
    .bind(initiative.target.map(|metric| metric.word().to_owned()))
    .execute(&mut *connection)
    .await
    .doing("keeping an initiative")?;
    sqlx::query("DELETE FROM initiative_update WHERE initiative_id = $1")
        .bind(initiative.id.as_str())
        .execute(&mut *connection)
        .await
        .doing("replacing an initiative's log")?;
    for (position, update) in (1..).zip(&initiative.updates) {
        insert_update(connection, &initiative.id, position, update).await?;
    }
    Ok(())
}

async fn insert_update(
    connection: &mut AnyConnection,
    id: &InitiativeId,
    position: i64,
    update: &InitiativeUpdate,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO initiative_update (initiative_id, position, at_ms, author, text) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(id.as_str())
    .bind(position)
    .bind(update.at.as_millisecond())
    .bind(update.author.as_str())
    .bind(update.text.as_str())
    .execute(connection)
    .await
    .doing("adding to an initiative's log")
    .map(|_done| ())
}

async fn read_initiatives(
    connection: &mut AnyConnection,
) -> Result<BTreeMap<InitiativeId, Initiative>, StoreError> {
    let rows = sqlx::query(
        "SELECT initiative.initiative_id, account.account_id, initiative.title, initiative.priority, \
         initiative.status, initiative.owner, initiative.expected_revenue, initiative.start_day, \
         initiative.due_day, initiative.target \
         FROM initiative JOIN account ON account.id = initiative.account",
    )
    .fetch_all(&mut *connection)
    .await
    .doing("reading initiatives")?;
    let mut initiatives = BTreeMap::new();
    for row in &rows {
        let initiative = read_initiative(row)?;
        initiatives.insert(initiative.id.clone(), initiative);
    }
    let updates: Vec<(String, i64, String, String)> = sqlx::query_as(
        "SELECT initiative_id, at_ms, author, text FROM initiative_update \
         ORDER BY initiative_id, at_ms, position",
    )
    .fetch_all(connection)
    .await
    .doing("reading the initiatives' logs")?;
    for (id, at_ms, author, text) in updates {
        let id: InitiativeId = read_back(&id, "initiative_update.initiative_id")?;
        let update = InitiativeUpdate {
            at: instant(at_ms, "initiative_update.at_ms")?,
            author: read_back(&author, "initiative_update.author")?,
            text,
        };
        if let Some(initiative) = initiatives.get_mut(&id) {
            initiative.updates.push(update);
        }
    }
    Ok(initiatives)
}

fn read_initiative(row: &AnyRow) -> Result<Initiative, StoreError> {
    const DOING: &str = "reading an initiative";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let optional = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
    let day = |column: &str, place| optional(column)?.map(|day| read_back(&day, place)).transpose();
    let revenue: Option<i64> = row.try_get("expected_revenue").doing(DOING)?;
    Ok(Initiative {
        id: read_back(&text("initiative_id")?, "initiative.initiative_id")?,
        account: read_back(&text("account_id")?, "account.account_id")?,
        title: text("title")?,
        priority: read_back(&text("priority")?, "initiative.priority")?,
        status: read_back(&text("status")?, "initiative.status")?,
        owner: optional("owner")?.map(|owner| read_back(&owner, "initiative.owner")).transpose()?,
        expected_revenue: revenue.map(Money::from_micros),
        start: day("start_day", "initiative.start_day")?,
        due: day("due_day", "initiative.due_day")?,
        target: optional("target")?.map(|metric| read_back(&metric, "initiative.target")).transpose()?,
        updates: Vec::new(),
    })
}
