//! Accounts and their contracts.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::domain::Account;
use crate::domain::AccountId;
use crate::domain::AuditKind;
use crate::domain::Contract;
use crate::domain::Money;

use super::audit;
use super::audit::Entered;
use super::audit::Entry;
use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::read_back;
use super::open::Store;
use super::recorded::Change;
use super::recorded::Recorded;

impl Store {
    /// Adds accounts or replaces those of the same id.
    pub async fn put_accounts(
        &self,
        accounts: &[Account],
        entered: Entered<'_>,
    ) -> Result<Recorded, StoreError> {
        let mut writing = self.write().await?;
        let mut known: HashMap<AccountId, Account> =
            read_accounts(&mut writing).await?.into_iter().map(|one| (one.id.clone(), one)).collect();
        let mut recorded = Recorded::default();
        for account in accounts {
            let change = Change::between(known.get(&account.id), account);
            match change {
                Change::None => {}
                Change::New => insert(&mut writing, account).await?,
                Change::Replaced => update(&mut writing, account).await?,
            }
            if let Entered::Each(act) = entered
                && change != Change::None
            {
                let of = Entry::new(act, AuditKind::Account, account.id.as_str()).about(&account.id);
                let entry = of.changed(known.get(&account.id).map(told), Some(told(account)));
                audit::append(&mut writing, &[entry]).await?;
            }
            recorded.count(change, &account.id);
            known.insert(account.id.clone(), account.clone());
        }
        if let Entered::Within(intake) = entered {
            intake.note(&mut writing, &recorded).await?;
        }
        recorded.close(&mut writing).await?;
        writing.commit().await.doing("keeping accounts")?;
        Ok(recorded)
    }

    /// All accounts, in the order of their ids.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let mut reading = self.read().await?;
        read_accounts(&mut reading).await
    }
}

/// An account for the audit log.
fn told(one: &Account) -> Value {
    json!({
        "name": one.name,
        "owner": one.owner.as_ref().map(|owner| owner.as_str()),
        "segment": one.segment,
        "plan": one.plan,
        "commit": one.contract.map(|contract| format!("{} a {}", contract.commit, contract.period)),
        "renewal": one.contract.and_then(|contract| contract.renewal).map(|day| day.to_string()),
        "tags": one.tags,
        "status": one.status.word(),
    })
}

async fn insert(connection: &mut AnyConnection, account: &Account) -> Result<(), StoreError> {
    let id = counters::advance(connection, "account", 1).await?;
    sqlx::query("INSERT INTO account (id, account_id, name) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(account.id.as_str())
        .bind(account.name.as_str())
        .execute(&mut *connection)
        .await
        .doing("adding an account")?;
    update(connection, account).await
}

async fn update(connection: &mut AnyConnection, account: &Account) -> Result<(), StoreError> {
    let tags = serde_json::to_string(&account.tags).expect("a list of texts is always JSON");
    sqlx::query(
        "UPDATE account SET name = $2, owner = $3, segment = $4, plan = $5, commit_micros = $6, \
         commit_period = $7, renewal = $8, tags = $9, status = $10 WHERE account_id = $1",
    )
    .bind(account.id.as_str())
    .bind(account.name.as_str())
    .bind(account.owner.as_ref().map(|owner| owner.as_str().to_owned()))
    .bind(account.segment.clone())
    .bind(account.plan.clone())
    .bind(account.contract.map(|contract| contract.commit.micros))
    .bind(account.contract.map(|contract| contract.period.word().to_owned()))
    .bind(account.contract.and_then(|contract| contract.renewal).map(|day| day.to_string()))
    .bind(tags)
    .bind(account.status.word())
    .execute(connection)
    .await
    .doing("keeping an account")
    .map(|_done| ())
}

async fn read_accounts(connection: &mut AnyConnection) -> Result<Vec<Account>, StoreError> {
    let rows = sqlx::query(
        "SELECT account_id, name, owner, segment, plan, commit_micros, commit_period, renewal, tags, status \
         FROM account",
    )
    .fetch_all(connection)
    .await
    .doing("reading accounts")?;
    let mut accounts = rows.iter().map(read_account).collect::<Result<Vec<_>, _>>()?;
    // Sorted here: databases differ in how they order text.
    accounts.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(accounts)
}

fn read_account(row: &AnyRow) -> Result<Account, StoreError> {
    const DOING: &str = "reading an account";
    let text = |column: &str| row.try_get::<String, _>(column).doing(DOING);
    let optional = |column: &str| row.try_get::<Option<String>, _>(column).doing(DOING);
    let commit: Option<i64> = row.try_get("commit_micros").doing(DOING)?;
    let contract = match (commit, optional("commit_period")?) {
        (Some(micros), Some(period)) => Some(Contract {
            commit: Money::from_micros(micros),
            period: read_back(&period, "account.commit_period")?,
            renewal: optional("renewal")?.map(|day| read_back(&day, "account.renewal")).transpose()?,
        }),
        (None, None) => None,
        (_, _) => {
            let message = "a commitment needs an amount and a period".to_owned();
            return Err(StoreError::Corrupt { place: "account.commit_micros", message });
        }
    };
    Ok(Account {
        id: read_back(&text("account_id")?, "account.account_id")?,
        name: text("name")?,
        owner: optional("owner")?.map(|owner| read_back(&owner, "account.owner")).transpose()?,
        segment: optional("segment")?,
        plan: optional("plan")?,
        contract,
        tags: serde_json::from_str(&text("tags")?)
            .map_err(|bad| StoreError::Corrupt { place: "account.tags", message: bad.to_string() })?,
        status: read_back(&text("status")?, "account.status")?,
    })
}
