//! Where the name of someone stands in texts: as a whole word, in any column.

use std::collections::BTreeMap;

use sqlx::AnyConnection;
use sqlx::AssertSqlSafe;

use crate::store::address::Dialect;
use crate::store::error::Doing;
use crate::store::error::StoreError;

use super::DOING;

/// The words by which an account or a person is called.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    /// As they stand in plain text, and as JSON writes them.
    words: Vec<String>,
    /// The account itself, whose own entries tell of nothing else.
    pub(super) account: Option<String>,
}

impl Mention {
    pub(super) fn of<'a>(words: impl IntoIterator<Item = &'a str>, account: Option<&str>) -> Self {
        let mut all = Vec::new();
        for word in words.into_iter().filter(|word| !word.trim().is_empty()) {
            all.push(word.to_owned());
            let quoted = serde_json::Value::from(word).to_string();
            let inside = quoted[1..quoted.len() - 1].to_owned();
            if inside != word {
                all.push(inside);
            }
        }
        // The longest first, so that a name is not replaced in part.
        all.sort_by_key(|word| std::cmp::Reverse(word.len()));
        all.dedup();
        Self { words: all, account: account.map(str::to_owned) }
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        self.words.iter().any(|word| places(text, word).next().is_some())
    }

    /// The text with another word in the place of each mention.
    pub(super) fn replaced(&self, text: &str, with: &str) -> String {
        let mut text = text.to_owned();
        for word in &self.words {
            let found: Vec<usize> = places(&text, word).collect();
            for at in found.into_iter().rev() {
                text.replace_range(at..at + word.len(), with);
            }
        }
        text
    }

    /// Patterns that find all texts with a mention, and some more.
    fn patterns(&self) -> impl Iterator<Item = String> {
        self.words.iter().map(|word| {
            let escaped: String = word
                .chars()
                .flat_map(|c| ['\\'].into_iter().filter(move |_| matches!(c, '%' | '_' | '\\')).chain([c]))
                .collect();
            format!("%{escaped}%")
        })
    }
}

/// Where a word stands by itself: what is before and behind it belongs to no id and no word.
fn places<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let whole = move |at: &usize| {
        let before = text[..*at].chars().next_back();
        let mut rest = text[*at + word.len()..].chars();
        // A dot ends a sentence, unless an id goes on behind it.
        let (next, after) = (rest.next(), rest.next());
        let goes_on = matches!(next, Some('.' | ':')) && after.is_some_and(joins) && word.is_ascii();
        !before.is_some_and(joins) && !next.is_some_and(joins) && !goes_on
    };
    text.match_indices(word).map(|(at, _)| at).filter(whole)
}

/// A column of a table that holds text, with the column that tells its rows apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextColumn {
    pub(super) table: &'static str,
    pub(super) key: &'static str,
    pub(super) column: &'static str,
}

/// Rows of a column that mention it: their keys as text, and the texts.
pub(super) async fn rows(
    connection: &mut AnyConnection,
    of: TextColumn,
    mention: &Mention,
) -> Result<Vec<(String, String)>, StoreError> {
    let TextColumn { table, key, column } = of;
    let mut found = BTreeMap::new();
    for pattern in mention.patterns() {
        let sql =
            format!("SELECT CAST({key} AS TEXT), {column} FROM {table} WHERE {column} LIKE $1 ESCAPE '\\'");
        let rows: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(pattern)
            .fetch_all(&mut *connection)
            .await
            .doing(DOING)?;
        found.extend(rows.into_iter().filter(|(_, text)| mention.is_in(text)));
    }
    Ok(found.into_iter().collect())
}

/// Writes another text into a column of the rows with a key.
pub(super) async fn set(
    connection: &mut AnyConnection,
    of: TextColumn,
    key: &str,
    text: Option<String>,
) -> Result<(), StoreError> {
    let TextColumn { table, key: by, column } = of;
    let sql = format!("UPDATE {table} SET {column} = $1 WHERE CAST({by} AS TEXT) = $2");
    sqlx::query(AssertSqlSafe(sql))
        .bind(text)
        .bind(key)
        .execute(connection)
        .await
        .doing(DOING)
        .map(|_done| ())
}

/// Removes the rows with a key; tells how many there were.
pub(super) async fn remove(
    connection: &mut AnyConnection,
    table: &'static str,
    by: &'static str,
    key: &str,
) -> Result<u64, StoreError> {
    let sql = format!("DELETE FROM {table} WHERE CAST({by} AS TEXT) = $1");
    let done = sqlx::query(AssertSqlSafe(sql)).bind(key).execute(connection).await.doing(DOING)?;
    Ok(done.rows_affected())
}

/// Every column of text that still mentions it, with how many rows.
pub(super) async fn remains(
    connection: &mut AnyConnection,
    dialect: Dialect,
    mention: &Mention,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let columns = match dialect {
        Dialect::Sqlite => {
            "SELECT m.name, p.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS p \
             WHERE m.type = 'table' AND upper(p.type) = 'TEXT' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND data_type = 'text' AND table_name NOT LIKE '\\_sqlx%'"
        }
    };
    let columns: Vec<(String, String)> =
        sqlx::query_as(columns).fetch_all(&mut *connection).await.doing(DOING)?;
    let mut left = BTreeMap::new();
    for (table, column) in columns {
        for pattern in mention.patterns() {
            let sql = format!("SELECT \"{column}\" FROM \"{table}\" WHERE \"{column}\" LIKE $1 ESCAPE '\\'");
            let texts: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(pattern)
                .fetch_all(&mut *connection)
                .await
                .doing(DOING)?;
            let count = texts.iter().filter(|text| mention.is_in(text)).count() as u64;
            if count > 0 {
                *left.entry(format!("{table}.{column}")).or_default() += count;
            }
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mention = Mention::of(["acme", "Acme \"East\""], None);
        assert_eq!(mention.replaced(text, "erased-1"), expected);
        assert_eq!(mention.is_in(text), text != expected);
    }

    #[test]
    fn whole_words_are_replaced_and_no_others() {
        check("acme", "erased-1");
        check("usage acme range:30d", "usage erased-1 range:30d");
        check("account:acme.", "account:erased-1.");
        check("/accounts/acme/usage?a=acme", "/accounts/erased-1/usage?a=erased-1");
        check(
            r#"{"subject":"account acme","name":"Acme \"East\""}"#,
            r#"{"subject":"account erased-1","name":"erased-1"}"#,
        );
        check("Acme \"East\" grows", "erased-1 grows");
        check("acme-east acme_2 acme.eu acme:x pacme", "acme-east acme_2 acme.eu acme:x pacme");
    }
}
