//! Usage that comes as CloudEvents 1.0: the event says which and when, its data what was used.
//!
//! The id of an event is its `event_id`, so that the same event again adds nothing and two of one hour add up. The data
//! are an object with the columns of a usage file; the time of the event stands in for a timestamp, and its subject for
//! an account, where the data have none.

use serde_json::Map;
use serde_json::Value;

use super::columns::Column;
use super::json::Keys;
use super::json::cells;
use super::json::flaw_of;
use super::record::Cell;
use super::record::missing_field;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// The only version that there is so far.
const VERSION: &str = "1.0";
/// Which column a part of the event stands in for, where the data have none.
const STAND_INS: [(&str, &str); 2] = [("timestamp", "time"), ("account_id", "subject")];

/// The cells of one event.
pub(super) fn parse(text: &str, keys: &mut Keys, columns: &[Column]) -> Result<Vec<Cell<'static>>, Flaw> {
    let event: Map<String, Value> = serde_json::from_str(text).map_err(|odd| flaw_of(&odd))?;
    let part = |name: &str| event.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if part("specversion") != VERSION {
        let given =
            event.get("specversion").map_or_else(|| "none".to_owned(), |given| shown(&given.to_string()));
        let message = format!("the specversion must be {VERSION}, and it is {given}");
        return Err(Flaw::new(Reason::BadValue, message));
    }
    if part("id").is_empty() {
        return Err(missing_field("the id of the event"));
    }
    let Some(Value::Object(data)) = event.get("data") else {
        let message =
            "the event has no data, or they are no object; write data as JSON with a key for each column";
        return Err(Flaw::new(Reason::BadValue, message));
    };
    // Through its text once more, so that data are read as any object is.
    let mut cells =
        cells(&Value::Object(data.clone()).to_string(), keys, columns).map_err(|odd| flaw_of(&odd))?;
    let slot = |name: &str| columns.iter().position(|column| column.name == name);
    for (column, name) in STAND_INS {
        if let Some(slot) = slot(column)
            && cells[slot] == Cell::Missing
            && !part(name).is_empty()
        {
            cells[slot] = Cell::from_clean(Ok(part(name).to_owned().into()));
        }
    }
    if let Some(slot) = slot("event_id") {
        cells[slot] = Cell::from_clean(super::encoding::clean(part("id").to_owned().into()));
    }
    Ok(cells)
}
