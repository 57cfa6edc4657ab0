//! Answers as HTML fragments: for pages, and as cards of the browser chat.
//!
//! Invariant: no scripts and no styles inside; everything from outside is escaped and isolated (bidi). A figure shows
//! its short form, tells all its digits on hover, and leads to its receipt.

mod card;
mod chart_data;
mod chart_table;
mod fragment;

pub use card::{Speaker, apology_card, card};
pub use chart_data::chart_json;
pub use chart_table::{ChartTable, chart_csv, chart_table, csv_cell};
pub use fragment::{
    ChartLinks, answer_body, apology, cell, fact_link, fact_path, gist, is_live, prose, title_within,
    whole_table,
};
