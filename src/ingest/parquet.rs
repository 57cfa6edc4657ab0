//! Records of a Parquet file, a slice of a row group at a time.

use std::borrow::Cow;
use std::fs::File;
use std::io::Cursor;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use jiff::Timestamp;
use polars::prelude::AnyValue;
use polars::prelude::ArrowDataType;
use polars::prelude::Column as Series;
use polars::prelude::DataFrame;
use polars::prelude::PolarsResult;
use polars::prelude::TimeUnit;
use polars_io::SerReader;
use polars_io::mmap::MmapBytesReader;
use polars_io::parquet::read::ParallelStrategy;
use polars_io::parquet::read::ParquetReader;

use super::columns::places;
use super::encoding::clean;
use super::number::DecimalSign;
use super::record::Cell;
use super::record::Collector;
use super::record::Kind;
use super::rejection::FileError;
use super::rejection::Flaw;
use super::rejection::Reason;
use super::rejection::shown;

/// First and last bytes of a Parquet file.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// Rows that are decoded at a time.
const SLICE_ROWS: usize = 128 * 1024;

/// Where a Parquet file is: its index is at its end, so that it has to be whole.
pub(super) enum Place {
    /// On disk; mapped, not read.
    File(File),
    /// In memory.
    Memory(Cursor<Vec<u8>>),
}

/// Reads all records of a Parquet file.
pub(super) fn read<K: Kind>(place: Place, collector: &mut Collector<'_, '_, K>) -> Result<(), FileError> {
    match place {
        Place::File(mut file) => {
            let bytes = file.metadata()?.len();
            read_from(&mut file, bytes, collector)
        }
        Place::Memory(mut data) => {
            let bytes = data.get_ref().len() as u64;
            read_from(&mut data, bytes, collector)
        }
    }
}

fn read_from<K: Kind, R: MmapBytesReader>(
    reader: &mut R,
    bytes: u64,
    collector: &mut Collector<'_, '_, K>,
) -> Result<(), FileError> {
    let (schema, rows) = guarded(|| {
        let mut parquet = ParquetReader::new(&mut *reader);
        Ok((parquet.schema()?, parquet.num_rows()?))
    })?;
    let headers: Vec<&str> = schema.iter_names().map(|name| name.as_str()).collect();
    let places = places(&headers, collector.kind.columns())?;
    for (place, _) in
        places.iter().zip(collector.kind.columns()).filter_map(|(place, c)| place.map(|p| (p, c)))
    {
        let (name, field) = schema.get_at_index(place).ok_or_else(damaged)?;
        if !is_readable(&field.dtype) {
            return Err(FileError::not_text(format!(
                "the column {} has the Parquet type {:?}, which is not read here; write it as text, integer, \
                 double or timestamp",
                shown(name),
                field.dtype
            )));
        }
    }
    let projection: Vec<usize> = places.iter().flatten().copied().collect();
    let mut done = 0;
    while done < rows && !collector.stopped {
        let frame = guarded(|| {
            ParquetReader::new(&mut *reader)
                .with_projection(Some(projection.clone()))
                .with_slice(Some((done, SLICE_ROWS)))
                .read_parallel(ParallelStrategy::None)
                .finish()
        })?;
        if frame.height() == 0 {
            break;
        }
        done += frame.height();
        let read = bytes * done as u64 / rows.max(1) as u64;
        hand_over(&frame, &headers, &places, collector, read)?;
    }
    Ok(())
}

fn hand_over<K: Kind>(
    frame: &DataFrame,
    headers: &[&str],
    places: &[Option<usize>],
    collector: &mut Collector<'_, '_, K>,
    read: u64,
) -> Result<(), FileError> {
    let find = |place: &Option<usize>| place.map(|place| frame.column(headers[place])).transpose();
    let columns: Vec<Option<&Series>> =
        places.iter().map(find).collect::<PolarsResult<_>>().map_err(|_gone| damaged())?;
    for row in 0..frame.height() {
        let cells: Vec<Cell<'_>> = columns
            .iter()
            .map(|column| column.map_or(Cell::Missing, |c| c.get(row).map_or(Cell::Missing, cell)))
            .collect();
        collector.record(&cells, DecimalSign::Point, read);
        if collector.stopped {
            break;
        }
    }
    Ok(())
}

/// A damaged file may make the decoder panic; that must cost the file and not the program.
fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> Result<T, FileError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) | Err(_) => Err(damaged()),
    }
}

fn damaged() -> FileError {
    FileError::not_text("the Parquet file is damaged or incomplete; write it again")
}

fn is_readable(kind: &ArrowDataType) -> bool {
    matches!(
        kind,
        ArrowDataType::Boolean
            | ArrowDataType::Int32
            | ArrowDataType::Int64
            | ArrowDataType::UInt32
            | ArrowDataType::UInt64
            | ArrowDataType::Float32
            | ArrowDataType::Float64
            | ArrowDataType::Utf8View
            | ArrowDataType::LargeUtf8
            | ArrowDataType::Utf8
            | ArrowDataType::Date32
            | ArrowDataType::Timestamp(_, _)
            | ArrowDataType::Null
    )
}

fn cell(value: AnyValue<'_>) -> Cell<'_> {
    match value {
        AnyValue::Null => Cell::Missing,
        AnyValue::String(text) => Cell::from_clean(clean(Cow::Borrowed(text))),
        AnyValue::StringOwned(text) => Cell::from_clean(clean(Cow::Owned(text.to_string()))),
        AnyValue::Boolean(truth) => Cell::Text(Cow::Owned(truth.to_string())),
        AnyValue::Int32(number) => Cell::Whole(number.into()),
        AnyValue::Int64(number) => Cell::Whole(number.into()),
        AnyValue::UInt32(number) => Cell::Whole(number.into()),
        AnyValue::UInt64(number) => Cell::Whole(number.into()),
        AnyValue::Float32(number) => Cell::Text(Cow::Owned(number.to_string())),
        AnyValue::Float64(number) => Cell::Real(number),
        AnyValue::Date(days) => date(days),
        AnyValue::Datetime(number, unit, _) => at(match unit {
            TimeUnit::Nanoseconds => Timestamp::from_nanosecond(number.into()),
            TimeUnit::Microseconds => Timestamp::from_microsecond(number),
            TimeUnit::Milliseconds => Timestamp::from_millisecond(number),
        }),
        other => Cell::Damaged(Flaw::new(
            Reason::BadValue,
            format!("the value has the type {}, which is not read here", other.dtype()),
        )),
    }
}

/// A date column, as a bare date in text.
fn date(days: i32) -> Cell<'static> {
    Timestamp::from_second(i64::from(days) * 86_400).map_or_else(
        |_far| {
            Cell::Damaged(Flaw::new(
                Reason::BadTimestamp,
                "the date lies beyond the year 9999; check the column",
            ))
        },
        |at| Cell::Text(Cow::Owned(crate::domain::utc_date(at).to_string())),
    )
}

fn at(instant: Result<Timestamp, jiff::Error>) -> Cell<'static> {
    instant.map_or_else(
        |_far| {
            Cell::Damaged(Flaw::new(
                Reason::BadTimestamp,
                "the time lies beyond the year 9999; check the unit",
            ))
        },
        Cell::Instant,
    )
}
