//! The grid of accounts: its columns, the filter that is typed into one field, the order, and the file.

mod column;
mod filter;
mod order;
mod row;
mod sheet;

pub(super) use column::Column;
pub(super) use filter::{Filter, Misread};
pub(super) use order::Order;
pub(super) use row::GridRow;
pub(super) use sheet::sheet;
