//! The steps of the schema, in order: each a file that never changes once it was released.

use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::Migration;
use sqlx::migrate::MigrationType;

use super::address::Dialect;

/// Words of the steps that only SQLite gets: one tree for key and row halves the file.
const SQLITE_WORDS: (&str, &str) = ("/*SQLITE WITHOUT ROWID*/", "WITHOUT ROWID");

/// A step's name and text.
macro_rules! steps {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("migrations/", $name, ".sql")))),+] };
}

// Listed here and not found by a macro of sqlx, which would have each build compile the database's library twice.
const STEPS: &[(&str, &str)] = steps![
    "0001_desk",
    "0002_health",
    "0003_usage_stamp",
    "0004_foretold",
    "0005_lines",
    "0006_digests",
    "0007_alerts",
    "0008_outlay",
    "0009_doors",
    "0010_pushed",
    "0011_source_course",
    "0012_audit",
    "0013_operations",
    "0014_metered",
    "0015_sources",
];

/// The number of the last step.
pub(super) fn newest() -> i64 {
    STEPS.last().map_or(0, |(name, _)| number_of(name))
}

fn number_of(name: &str) -> i64 {
    name.split('_').next().and_then(|number| number.parse().ok()).expect("a step begins with its number")
}

/// The steps as a database gets them.
pub(super) fn steps(dialect: Dialect) -> Vec<Migration> {
    let step = |(name, text): &(&'static str, &'static str)| {
        let (number, words) =
            (number_of(name), name.trim_start_matches(|one: char| one.is_ascii_digit() || one == '_'));
        let mut step =
            Migration::new(number, words.into(), MigrationType::Simple, text.into_sql_str(), false);
        if dialect == Dialect::Sqlite {
            // The text is ours, compiled in; its checksum stays that of the file.
            let text = text.replace(SQLITE_WORDS.0, SQLITE_WORDS.1);
            step.sql = AssertSqlSafe(text).into_sql_str();
        }
        step
    };
    STEPS.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_step_and_their_numbers_rise() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<String> = STEPS.iter().map(|(name, _)| format!("{name}.sql")).collect();
        assert_eq!(listed, files);
        let steps = steps(Dialect::Sqlite);
        assert!(steps.is_sorted_by(|one, next| one.version < next.version));
    }
}
