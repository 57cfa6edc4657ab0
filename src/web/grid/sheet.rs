//! The grid as a CSV file: plain numbers, and cells that no spreadsheet takes for a formula.

use std::fmt::Write as _;

use crate::render::html::csv_cell;

use super::column::{Column, renewal};
use super::row::GridRow;

/// All rows as CSV (RFC 4180). The id comes first, so that a row can be told without its name.
pub(in crate::web) fn sheet(columns: &[Column], rows: &[GridRow<'_>]) -> String {
    let mut text = String::from("account_id");
    for column in columns {
        let _ = write!(text, ",{}", head(*column));
    }
    text.push_str("\r\n");
    for row in rows {
        text.push_str(&csv_cell(row.account.id.as_str()));
        for column in columns {
            let _ = write!(text, ",{}", csv_cell(&plain(*column, row)));
        }
        text.push_str("\r\n");
    }
    text
}

fn head(column: Column) -> &'static str {
    match column {
        Column::Health => "health_score",
        Column::Calls => "api_calls",
        Column::Change => "api_calls_change_percent",
        Column::Tokens => "tokens_used",
        Column::Tag => "tags",
        Column::Initiatives => "open_initiatives",
        Column::Weeks => "api_calls_of_12_weeks",
        Column::Name
        | Column::Band
        | Column::Owner
        | Column::Segment
        | Column::Plan
        | Column::Status
        | Column::Errors
        | Column::Cost
        | Column::Renewal => column.word(),
    }
}

fn plain(column: Column, row: &GridRow<'_>) -> String {
    let (account, now) = (row.account, row.sums.now);
    match column {
        Column::Name => account.name.clone(),
        Column::Band => row.sums.band.map(|band| band.key().to_owned()).unwrap_or_default(),
        Column::Health => row.sums.score.map(|score| score.to_string()).unwrap_or_default(),
        Column::Owner => account.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
        Column::Segment => account.segment.clone().unwrap_or_default(),
        Column::Plan => account.plan.clone().unwrap_or_default(),
        Column::Tag => account.tags.join(" "),
        Column::Status => account.status.to_string(),
        Column::Calls => now.api_calls.to_string(),
        Column::Change => row.change().map(|change| change.to_string()).unwrap_or_default(),
        Column::Errors => now.errors.map(|errors| errors.to_string()).unwrap_or_default(),
        Column::Tokens => now.tokens.to_string(),
        Column::Cost => now.cost.to_string(),
        Column::Initiatives => row.open.to_string(),
        Column::Renewal => renewal(row).unwrap_or_default(),
        Column::Weeks => row.sums.weeks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
