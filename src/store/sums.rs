//! Sums that tell whether the usage of an account reads back as it was written: SQLite itself keeps no checksums.
//!
//! Invariant: `account.usage_sum` is the sum of the checksums of the account's rows, or unknown. Whoever takes rows of usage
//! away has to take them from the sum too, or to make it unknown.

use std::fmt::Write as _;

use crate::domain::AccountId;

use super::error::StoreError;
use super::error::corrupt;
use super::packed;
use super::stated::Figures;
use super::stated::Key;

/// Adds up checksums of the rows of one account. The sum of 32 bits each stays exact for two thousand million rows.
pub(super) struct Adding {
    /// The checksum of the account's id, with which that of each row begins.
    begun: crc32fast::Hasher,
    line: String,
}

impl Adding {
    pub(super) fn of(account: &AccountId) -> Self {
        let mut begun = crc32fast::Hasher::new();
        begun.update(account.as_str().as_bytes());
        Self { begun, line: String::new() }
    }

    /// What a row that is written adds.
    pub(super) fn stated(&mut self, key: &Key<'_>, figures: &Figures) -> i64 {
        let Figures { api_calls, errors, tokens, cost, input, output, cached } = figures;
        let Key { account: _, at_ms, endpoint, model, source, event } = key;
        self.line.clear();
        let known = |figure: &Option<i64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        let (errors, input, output, cached) = (known(errors), known(input), known(output), known(cached));
        // A text takes whatever is written to it.
        let _written = write!(
            self.line,
            "{at_ms},{endpoint},{model},{source},{api_calls},{errors},{tokens},{cost},{input},{output},{cached},{event}"
        );
        self.row(self.line.as_bytes())
    }

    /// What the rows of a packed text add up to.
    pub(super) fn packed(&self, text: &[u8]) -> i64 {
        packed::rows(text).map(|row| self.row(row)).sum()
    }

    fn row(&self, line: &[u8]) -> i64 {
        let mut hasher = self.begun.clone();
        hasher.update(line);
        i64::from(hasher.finalize())
    }
}

/// Refuses all usage of an account when it is not what was written.
pub(super) fn check(account: &AccountId, packed: &[u8], expected: Option<i64>) -> Result<(), StoreError> {
    match expected {
        Some(sum) if Adding::of(account).packed(packed) != sum => {
            Err(corrupt("usage", format!("the rows of account {account} are not those that were written")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_adds_the_same_when_it_is_written_and_when_it_is_read() {
        let key = Key { account: 3, at_ms: 1_000, endpoint: 1, model: 0, source: 2, event: "e,1" };
        let figures = Figures {
            api_calls: 5,
            errors: None,
            tokens: 50,
            cost: -7,
            input: Some(0),
            output: None,
            cached: Some(9),
        };
        let account = "acme".parse().unwrap();
        let sum = Adding::of(&account).stated(&key, &figures);
        let text = b"1000,1,0,2,5,,50,-7,0,,9,e,1";
        assert!(check(&account, text, Some(sum)).is_ok() && check(&account, text, None).is_ok());
        assert!(check(&"acmf".parse().unwrap(), text, Some(sum)).is_err());
        assert!(check(&account, b"1000,1,0,2,6,,50,-7,0,,9,e,1", Some(sum)).is_err());
        assert!(check(&account, b"", Some(sum)).is_err(), "a row that is lost");
        assert!(check(&account, &[&text[..], b"\x1e", text].concat(), Some(2 * sum)).is_ok());
    }
}
