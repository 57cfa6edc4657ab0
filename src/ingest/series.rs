//! Plain series and event histories, for judging the analytics on data that are not ours.
//!
//! Invariant: the rows keep their order; a value that is missing stays missing and is never read as zero.

use std::io::Read;

use jiff::Timestamp;
use jiff::civil::Date;

use super::moment;

/// Why a file of a series cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    /// It cannot be read as CSV.
    #[error("it cannot be read as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A column is missing.
    #[error("it has no column “{column}”; its first line must be {header}")]
    NoColumn {
        /// Which.
        column: &'static str,
        /// What the first line must be.
        header: String,
    },
    /// A field cannot be read.
    #[error("row {row}, column “{column}”: “{given}” is not {wanted}")]
    Field {
        /// Data records count from 1.
        row: usize,
        /// Which.
        column: &'static str,
        /// What stands there.
        given: String,
        /// What would be right.
        wanted: &'static str,
    },
}

/// One point of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its time as the file writes it.
    pub text: String,
    /// Its time.
    pub at: Timestamp,
    /// Its value; not a number when the file has none.
    pub value: f64,
}

/// Something a customer did on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerEvent {
    /// Whose, as the file writes it.
    pub customer: String,
    /// When.
    pub day: Date,
    /// For how much; zero when the file has no amount.
    pub amount: f64,
}

/// Reads `timestamp,value`.
pub fn read_points(input: impl Read) -> Result<Vec<Point>, SeriesError> {
    let mut table = Table::open(input, &["timestamp", "value"])?;
    let mut points = Vec::new();
    while let Some(row) = table.next()? {
        let text = row.text(0);
        let at = moment::parse(text).ok_or_else(|| row.wrong(0, "a time such as 2025-03-03T10:00:00Z"))?;
        points.push(Point { text: text.to_owned(), at, value: row.number(1)? });
    }
    Ok(points)
}

/// Reads `customer_id,date,amount`.
pub fn read_customer_events(input: impl Read) -> Result<Vec<CustomerEvent>, SeriesError> {
    let mut table = Table::open(input, &["customer_id", "date", "amount"])?;
    let mut events = Vec::new();
    while let Some(row) = table.next()? {
        let day = moment::parse(row.text(1)).map(crate::domain::utc_date);
        let day = day.ok_or_else(|| row.wrong(1, "a date such as 2025-03-03"))?;
        let amount = Some(row.number(2)?).filter(|amount| amount.is_finite()).unwrap_or(0.0);
        events.push(CustomerEvent { customer: row.text(0).to_owned(), day, amount });
    }
    Ok(events)
}

/// A CSV file of which some columns are read.
struct Table<R: Read> {
    reader: csv::Reader<R>,
    columns: &'static [&'static str],
    places: Vec<usize>,
    record: csv::StringRecord,
    row: usize,
}

impl<R: Read> Table<R> {
    fn open(input: R, columns: &'static [&'static str]) -> Result<Self, SeriesError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input);
        let head = reader.headers()?.clone();
        let place = |column: &&'static str| {
            let named = |title: &str| title.trim_start_matches('\u{feff}').eq_ignore_ascii_case(column);
            let found = head.iter().position(named);
            found.ok_or_else(|| SeriesError::NoColumn { column, header: columns.join(",") })
        };
        let places = columns.iter().map(place).collect::<Result<_, _>>()?;
        Ok(Self { reader, columns, places, record: csv::StringRecord::new(), row: 0 })
    }

    fn next(&mut self) -> Result<Option<Row<'_>>, SeriesError> {
        if !self.reader.read_record(&mut self.record)? {
            return Ok(None);
        }
        self.row += 1;
        Ok(Some(Row { record: &self.record, places: &self.places, columns: self.columns, row: self.row }))
    }
}

struct Row<'t> {
    record: &'t csv::StringRecord,
    places: &'t [usize],
    columns: &'static [&'static str],
    row: usize,
}

impl Row<'_> {
    fn text(&self, column: usize) -> &str {
        self.record.get(self.places[column]).unwrap_or_default()
    }

    /// Empty, `NaN` and the like are missing.
    fn number(&self, column: usize) -> Result<f64, SeriesError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(f64::NAN);
        }
        text.parse().map_err(|_odd| self.wrong(column, "a number such as 12.5"))
    }

    fn wrong(&self, column: usize, wanted: &'static str) -> SeriesError {
        let given = self.text(column).chars().take(60).collect();
        SeriesError::Field { row: self.row, column: self.columns[column], given, wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said = match read_points(text.as_bytes()) {
            Ok(points) => {
                points.iter().map(|one| format!("{} {}", one.at, one.value)).collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn points_keep_their_order_and_missing_values_stay_missing() {
        check(
            "timestamp,value\n2014-02-14 14:30:00,1.5\n2014-02-14 14:25:00,\n",
            "2014-02-14T14:30:00Z 1.5; 2014-02-14T14:25:00Z NaN",
        );
        check("Value,Timestamp\n1e18,2014-02-14T14:30:00Z\n", "2014-02-14T14:30:00Z 1000000000000000000");
        check("timestamp,value\n", "");
    }

    #[test]
    fn mistakes_name_the_place_and_what_would_be_right() {
        check("", "it has no column “timestamp”; its first line must be timestamp,value");
        check("time,value\n", "it has no column “timestamp”; its first line must be timestamp,value");
        check(
            "timestamp,value\n2014-02-14 14:30:00,1\nsoon,2\n",
            "row 2, column “timestamp”: “soon” is not a time such as 2025-03-03T10:00:00Z",
        );
        check(
            "timestamp,value\n2014-02-14 14:30:00,many\n",
            "row 1, column “value”: “many” is not a number such as 12.5",
        );
    }

    #[test]
    fn events_of_customers_are_days_with_amounts() {
        let text = "customer_id,date,amount\n00004,1997-01-01,29.33\n00004,1997-01-18,\n";
        let events = read_customer_events(text.as_bytes()).unwrap();
        let told: Vec<_> =
            events.iter().map(|one| (one.customer.as_str(), one.day.to_string(), one.amount)).collect();
        assert_eq!(
            told,
            [("00004", "1997-01-01".to_owned(), 29.33), ("00004", "1997-01-18".to_owned(), 0.0)]
        );
    }
}
