//! Texts that usage repeats, and the small numbers that stand for them.
//!
//! Invariant: a number is never given twice, so one that is remembered too long fails and never means another text.

use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::Hash;

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;

use super::counters;
use super::error::Doing;
use super::error::StoreError;
use super::error::read_back;

/// Texts asked for in one statement; SQLite finds a named placeholder by walking a list.
const ASKED_AT_ONCE: usize = 100;

/// A table of numbered texts.
#[derive(Debug)]
pub(super) struct Numbered {
    /// The table, and the counter of its ids.
    table: &'static str,
    /// The column of the text.
    column: &'static str,
    place: &'static str,
}

pub(super) static SOURCES: Numbered = Numbered { table: "source", column: "name", place: "source.name" };
pub(super) static ENDPOINTS: Numbered =
    Numbered { table: "endpoint", column: "name", place: "endpoint.name" };
pub(super) static MODELS: Numbered = Numbered { table: "model", column: "name", place: "model.name" };
pub(super) static ACCOUNTS: Numbered =
    Numbered { table: "account", column: "account_id", place: "account.account_id" };

/// The numbers known so far of one table.
#[derive(Debug)]
pub(super) struct Numbering<T> {
    of: &'static Numbered,
    numbers: HashMap<T, i64>,
}

impl<T: Clone + Eq + Hash + AsRef<str>> Numbering<T> {
    pub(super) fn new(of: &'static Numbered) -> Self {
        Self { of, numbers: HashMap::new() }
    }

    /// The number of a text that was learned before.
    pub(super) fn number(&self, text: &T) -> i64 {
        *self.numbers.get(text).expect("every text is learned before its number is asked")
    }

    /// The number of a text, if it has one.
    pub(super) fn known(&self, text: &T) -> Option<i64> {
        self.numbers.get(text).copied()
    }

    /// Finds the numbers of `texts`, and gives new ones to those without. `named` is the name of a new account.
    pub(super) async fn learn<'a>(
        &mut self,
        connection: &mut AnyConnection,
        texts: impl IntoIterator<Item = &'a T>,
        named: impl Fn(&T) -> String,
    ) -> Result<(), StoreError>
    where
        T: 'a,
    {
        let missing = self.find(connection, texts).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let last = counters::advance(connection, self.of.table, missing.len() as u64).await?;
        let first = last - missing.len() as i64 + 1;
        let Numbered { table, column, .. } = self.of;
        // Table and column are the constants above.
        let sql = if *table == ACCOUNTS.table {
            format!("INSERT INTO {table} (id, {column}, name) VALUES ($1, $2, $3)")
        } else {
            format!("INSERT INTO {table} (id, {column}) VALUES ($1, $2)")
        };
        for (number, text) in (first..).zip(missing) {
            let mut insert = sqlx::query(AssertSqlSafe(sql.as_str())).bind(number).bind(text.as_ref());
            if *table == ACCOUNTS.table {
                insert = insert.bind(named(&text));
            }
            insert.execute(&mut *connection).await.doing("numbering a text")?;
            self.numbers.insert(text, number);
        }
        Ok(())
    }

    /// Looks the texts up and returns those that have no number, each once, in the order they came.
    pub(super) async fn find<'a>(
        &mut self,
        connection: &mut AnyConnection,
        texts: impl IntoIterator<Item = &'a T>,
    ) -> Result<Vec<T>, StoreError>
    where
        T: 'a,
    {
        let mut seen = HashSet::new();
        let wanted: Vec<&T> = texts
            .into_iter()
            .filter(|text| !self.numbers.contains_key(*text) && seen.insert(*text))
            .collect();
        for some in wanted.chunks(ASKED_AT_ONCE) {
            let places: Vec<String> = (1..=some.len()).map(|number| format!("${number}")).collect();
            let Numbered { table, column, .. } = self.of;
            let sql = format!("SELECT id, {column} FROM {table} WHERE {column} IN ({})", places.join(", "));
            let mut query = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql));
            for text in some {
                query = query.bind(text.as_ref());
            }
            let found = query.fetch_all(&mut *connection).await.doing("looking up numbered texts")?;
            let numbers: HashMap<String, i64> =
                found.into_iter().map(|(number, text)| (text, number)).collect();
            for text in some {
                if let Some(number) = numbers.get(text.as_ref()) {
                    self.numbers.insert((*text).clone(), *number);
                }
            }
        }
        Ok(wanted.into_iter().filter(|text| !self.numbers.contains_key(*text)).cloned().collect())
    }
}

/// All texts of a table by their numbers; holes are `None`.
pub(super) async fn by_number<T>(
    connection: &mut AnyConnection,
    of: &'static Numbered,
) -> Result<Vec<Option<T>>, StoreError>
where
    T: Clone + std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let sql = format!("SELECT id, {} FROM {}", of.column, of.table);
    let rows: Vec<(i64, String)> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(connection).await.doing("reading numbered texts")?;
    let mut texts = Vec::new();
    for (number, text) in rows {
        let place = usize::try_from(number).map_err(|_odd| StoreError::Corrupt {
            place: of.place,
            message: format!("its id is {number}"),
        })?;
        if texts.len() <= place {
            texts.resize(place + 1, None);
        }
        texts[place] = Some(read_back(&text, of.place)?);
    }
    Ok(texts)
}
