//! The order of the rows: by one column, its natural way or the other way round.

use std::cmp::Ordering;

use crate::problem::Problem;

use super::column::{Column, Held};
use super::row::GridRow;

/// An order; in addresses `calls`, and `-calls` the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Order {
    pub(in crate::web) column: Column,
    pub(in crate::web) turned: bool,
}

impl Order {
    /// Worst health first.
    pub(in crate::web) const USUAL: Self = Self { column: Column::Health, turned: false };

    pub(in crate::web) fn parse(text: &str) -> Result<Self, Problem> {
        let (turned, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        Ok(Self { column: Column::parse("sort", word)?, turned })
    }

    /// As it stands in addresses.
    pub(in crate::web) fn word(self) -> String {
        format!("{}{}", if self.turned { "-" } else { "" }, self.column.word())
    }

    /// What a click on a column's head asks for.
    pub(in crate::web) fn after_click(self, column: Column) -> Self {
        Self { column, turned: self.column == column && !self.turned }
    }

    /// Whether small values come first.
    pub(in crate::web) fn ascends(self) -> bool {
        self.column.begins_large() == self.turned
    }

    /// Sorts rows. What is not known comes last whichever way they are turned; names break ties.
    pub(in crate::web) fn sort(self, rows: &mut [GridRow<'_>]) {
        rows.sort_by_cached_key(|row| Place {
            held: self.column.of(row),
            ascends: self.ascends(),
            name: (row.account.name.to_lowercase(), row.account.id.to_string()),
        });
    }
}

/// Where a row stands.
struct Place {
    held: Held,
    ascends: bool,
    name: (String, String),
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let turn = |order: Ordering| if self.ascends { order } else { order.reverse() };
        let first = match (&self.held, &other.held) {
            (Held::Nothing, Held::Nothing) => Ordering::Equal,
            (Held::Nothing, _) => Ordering::Greater,
            (_, Held::Nothing) => Ordering::Less,
            (Held::Number(one), Held::Number(two)) => turn(one.total_cmp(two)),
            (Held::Words(one), Held::Words(two)) => turn(one.cmp(two)),
            // One column holds one kind.
            (Held::Number(_), Held::Words(_)) | (Held::Words(_), Held::Number(_)) => Ordering::Equal,
        };
        first.then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Place {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_orders_the_natural_way_and_the_next_one_turns_it() {
        let first = Order::USUAL.after_click(Column::Calls);
        assert_eq!((first.word(), first.ascends()), ("calls".into(), false));
        let second = first.after_click(Column::Calls);
        assert_eq!((second.word(), second.ascends()), ("-calls".into(), true));
        assert_eq!(second.after_click(Column::Calls), first);
        assert_eq!(second.after_click(Column::Name).word(), "name");
        assert_eq!(Order::parse("-calls").unwrap(), second);
        assert!(Order::parse("shoe").unwrap_err().to_string().contains("“shoe” is no column"));
    }
}
