//! The audit log without what it told of the erased.

use sqlx::AnyConnection;

use crate::store::audit::{Personal, Seals, salt, seal};
use crate::store::counters;
use crate::store::error::Doing;
use crate::store::error::StoreError;

use super::DOING;
use super::mention::Mention;

/// What an erasure proves of the entries that it replaced.
pub(super) struct Sealed {
    pub(super) entries: u64,
    pub(super) seals: String,
}

type Row = (i64, String, String, String, Option<String>, Option<String>);

/// Entries that are read at once.
const PAGE: i64 = 2_000;

/// Puts the pseudonym in the place of each mention, seals those entries anew, and throws away their old salts, without
/// which nobody can tell from a seal what stood there.
pub(super) async fn replace(
    writing: &mut AnyConnection,
    mention: &Mention,
    pseudonym: &str,
) -> Result<Sealed, StoreError> {
    let erasure = counters::value(writing, "audit").await? + 1;
    let erasure = i64::try_from(erasure).unwrap_or(i64::MAX);
    let (mut entries, mut seals, mut below) = (0, Seals::new(), 0);
    loop {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, who, subject, account, before, after FROM audit WHERE number > $1 \
             ORDER BY number LIMIT $2",
        )
        .bind(below)
        .bind(PAGE)
        .fetch_all(&mut *writing)
        .await
        .doing(DOING)?;
        for row in &rows {
            below = row.0;
            let Some(replaced) = replaced(row, mention, pseudonym) else { continue };
            let seal = put(writing, erasure, &replaced).await?;
            seals.add(replaced.0, &seal);
            entries += 1;
        }
        if (rows.len() as i64) < PAGE {
            return Ok(Sealed { entries, seals: seals.done() });
        }
    }
}

/// The entry as it is to stand; `None` when it does not mention the erased.
fn replaced(row: &Row, mention: &Mention, pseudonym: &str) -> Option<Row> {
    let (number, who, subject, account, before, after) = row;
    let new = |text: &String| mention.replaced(text, pseudonym);
    // Of the account's own entries all that was and is tells of it, also where no name stands.
    let is_own = !account.is_empty() && mention.account.as_ref() == Some(account);
    let told = |text: &Option<String>| text.as_ref().filter(|_| !is_own).map(new);
    let is = if is_own {
        (*number, new(who), pseudonym.to_owned(), pseudonym.to_owned(), None, None)
    } else {
        (*number, new(who), new(subject), new(account), told(before), told(after))
    };
    (is != *row).then_some(is)
}

async fn put(writing: &mut AnyConnection, erasure: i64, row: &Row) -> Result<String, StoreError> {
    let (number, who, subject, account, before, after) = row;
    let salt = salt();
    let personal = Personal { who, subject, account, before: before.as_deref(), after: after.as_deref() };
    let seal = seal(&salt, &personal);
    sqlx::query(
        "UPDATE audit SET who = $2, subject = $3, account = $4, before = $5, after = $6, salt = $7 \
         WHERE number = $1",
    )
    .bind(number)
    .bind(who.as_str())
    .bind(subject.as_str())
    .bind(account.as_str())
    .bind(before.clone())
    .bind(after.clone())
    .bind(salt)
    .execute(&mut *writing)
    .await
    .doing(DOING)?;
    sqlx::query("INSERT INTO audit_reseal (erasure, number, seal) VALUES ($1, $2, $3)")
        .bind(erasure)
        .bind(number)
        .bind(seal.as_str())
        .execute(writing)
        .await
        .doing(DOING)?;
    Ok(seal)
}
