//! Lists by pages: in the order of their ids, each page beginning behind the last id of the one before, so that nothing
//! is listed twice or left out while others write.

use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use utoipa::IntoParams;

use crate::problem::Problem;

use super::Options;

/// Items of a page when nothing is said, and at most.
const LIMIT: usize = 1_000;
const NO_CURSOR: &str = "cursor: this is none that a page gave; begin without one.";

/// How lists are asked for by pages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it stands in the document; the options are read by name")]
pub(super) struct PageOptions {
    /// Items of a page: 1 to 1000 (if left out).
    limit: Option<u16>,
    /// What the page before gave as `next_cursor`.
    cursor: Option<String>,
}

/// The page that is asked for.
pub(super) struct PageOf {
    limit: usize,
    after: Option<String>,
}

/// One page.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The cursor of the next one.
    pub(super) next: Option<String>,
}

impl PageOf {
    pub(super) fn read(options: &Options) -> Result<Self, Problem> {
        let limit = options.parsed::<usize>("limit")?.unwrap_or(LIMIT);
        if !(1..=LIMIT).contains(&limit) {
            return Err(Problem::option("limit", format!("limit: {limit} is not from 1 to {LIMIT}.")));
        }
        let after = options.text("cursor").map(|text| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
            bytes
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| Problem::option("cursor", NO_CURSOR))
        });
        Ok(Self { limit, after: after.transpose()? })
    }

    /// How many items are asked for.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Behind which id the page begins, read as what ids are here.
    pub(super) fn behind<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let read = |after: &str| after.parse().map_err(|_odd| Problem::option("cursor", NO_CURSOR));
        self.after.as_deref().map(read).transpose()
    }

    /// The cursor of the page that begins behind an id.
    pub(super) fn cursor(id: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(id)
    }

    /// The page of some items by their ids.
    pub(super) fn of<T>(&self, items: impl Iterator<Item = T>, id: impl Fn(&T) -> &str) -> Page<T> {
        let is_behind = |item: &T| self.after.as_deref().is_none_or(|after| id(item) > after);
        let mut items: Vec<T> = items.filter(is_behind).collect();
        items.sort_by(|one, other| id(one).cmp(id(other)));
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| Self::cursor(id(last)));
        Page { items, next }
    }
}
