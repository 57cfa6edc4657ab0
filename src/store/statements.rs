//! The two statements of recording usage, each for many rows: look up what is there, and put what differs.

use std::sync::Arc;

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;

use super::address::Dialect;
use super::error::Doing;
use super::error::StoreError;
use super::error::corrupt;
use super::packed::Fields;
use super::packed::ROW_END_SQL;
use super::stated::Figures;
use super::stated::Key;

/// Rows in one statement, largest first, so that a batch is cut into few statements that stay prepared. The largest
/// binds 26,000 values; SQLite takes 32,766.
const SIZES: [usize; 5] = [2_000, 400, 50, 8, 1];
const KEY: [&str; 6] = ["account", "at_ms", "endpoint", "model", "source", "event"];
const FIGURES: [&str; 7] = ["api_calls", "errors", "tokens", "cost", "input", "output", "cached"];

/// The statements for each size, written once.
#[derive(Debug)]
pub(super) struct Statements {
    find: [Arc<str>; SIZES.len()],
    put: [Arc<str>; SIZES.len()],
}

impl Statements {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            find: SIZES.map(|rows| find(dialect, rows).into()),
            put: SIZES.map(|rows| put(dialect, rows).into()),
        }
    }

    /// What the store states for each of the keys, in their order.
    pub(super) async fn find(
        &self,
        connection: &mut AnyConnection,
        keys: &[Key<'_>],
    ) -> Result<Vec<Option<Figures>>, StoreError> {
        let mut stored = vec![None; keys.len()];
        let mut done = 0;
        for (size, statement) in SIZES.into_iter().zip(&self.find) {
            while keys.len() - done >= size {
                let mut query = sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(Arc::clone(statement)));
                for key in &keys[done..done + size] {
                    query = query
                        .bind(key.account)
                        .bind(key.at_ms)
                        .bind(key.endpoint)
                        .bind(key.model)
                        .bind(key.source)
                        .bind(key.event);
                }
                let packed = query.fetch_one(&mut *connection).await.doing("looking up usage")?;
                unpack(packed.as_deref().unwrap_or_default(), &mut stored[done..done + size])?;
                done += size;
            }
        }
        Ok(stored)
    }

    /// Puts rows of different keys.
    pub(super) async fn put(
        &self,
        connection: &mut AnyConnection,
        rows: &[(Key<'_>, Figures)],
    ) -> Result<(), StoreError> {
        let mut left = rows;
        for (size, statement) in SIZES.into_iter().zip(&self.put) {
            while left.len() >= size {
                let (now, later) = left.split_at(size);
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(statement)));
                for (key, figures) in now {
                    query = query
                        .bind(key.account)
                        .bind(key.at_ms)
                        .bind(key.endpoint)
                        .bind(key.model)
                        .bind(key.source)
                        .bind(key.event)
                        .bind(figures.api_calls)
                        .bind(figures.errors)
                        .bind(figures.tokens)
                        .bind(figures.cost)
                        .bind(figures.input)
                        .bind(figures.output)
                        .bind(figures.cached);
                }
                query.execute(&mut *connection).await.doing("recording usage")?;
                left = later;
            }
        }
        Ok(())
    }
}

fn unpack(packed: &str, stored: &mut [Option<Figures>]) -> Result<(), StoreError> {
    const PLACE: &str = "usage";
    let mut fields = Fields::of(packed.as_bytes());
    while !fields.is_empty() {
        let place = usize::try_from(fields.number(PLACE)?).ok().and_then(|place| stored.get_mut(place));
        let place = place.ok_or_else(|| corrupt(PLACE, "a row that was not asked for".to_owned()))?;
        *place = Some(Figures {
            api_calls: fields.number(PLACE)?,
            errors: fields.optional(PLACE)?,
            tokens: fields.number(PLACE)?,
            cost: fields.number(PLACE)?,
            input: fields.optional(PLACE)?,
            output: fields.optional(PLACE)?,
            cached: fields.optional(PLACE)?,
        });
        fields.last();
    }
    Ok(())
}

/// `(0,$1,$2),(1,$3,$4)`: the place of each row when `numbered`, and its placeholders.
fn values(dialect: Dialect, rows: usize, width: usize, numbered: bool) -> String {
    let row = |row: usize| {
        let number = numbered.then(|| row.to_string());
        let places = (1..=width).map(|column| dialect.placeholder(row * width + column));
        format!("({})", number.into_iter().chain(places).collect::<Vec<_>>().join(","))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

fn find(dialect: Dialect, rows: usize) -> String {
    let figures: Vec<String> = FIGURES.iter().map(|name| format!("usage.{name}, ','")).collect();
    let same: Vec<String> = KEY.iter().map(|name| format!("usage.{name} = sought.{name}")).collect();
    format!(
        "WITH sought (place, {}) AS (VALUES {}) \
         SELECT string_agg(concat(sought.place, ',', {}), {ROW_END_SQL}) \
         FROM sought CROSS JOIN usage WHERE {}",
        KEY.join(", "),
        values(dialect, rows, KEY.len(), true),
        figures.join(", "),
        same.join(" AND "),
    )
}

fn put(dialect: Dialect, rows: usize) -> String {
    let set: Vec<String> = FIGURES.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO usage ({}, {}) VALUES {} \
         ON CONFLICT ({}) DO UPDATE SET {}, revision = usage.revision + 1",
        KEY.join(", "),
        FIGURES.join(", "),
        values(dialect, rows, KEY.len() + FIGURES.len(), false),
        KEY.join(", "),
        set.join(", "),
    )
}
