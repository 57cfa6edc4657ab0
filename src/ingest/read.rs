//! The door: finds the format of a file by its content and reads it to the end.

use std::fs::File;
use std::io::Cursor;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;

use crate::domain::UsageRow;

use super::accounts::AccountRecord;
use super::accounts::Accounts;
use super::cloud_event;
use super::delimited;
use super::encoding::HEAD_BYTES;
use super::encoding::TextSource;
use super::initiatives::InitiativeRecord;
use super::initiatives::Initiatives;
use super::json;
use super::json::Layout;
use super::lines::Lines;
use super::parquet;
use super::record::Collector;
use super::record::Context;
use super::record::Kind;
use super::record::Take;
use super::rejection::FileError;
use super::usage::Usage;

/// Largest Parquet file that may come as a stream, in bytes: its index is at its end, so that it is held in memory.
const PARQUET_STREAM_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Where the bytes come from.
pub enum Input<'a> {
    /// A file on disk.
    File(File),
    /// Anything that can be read once, such as the body of a request.
    Stream(Box<dyn Read + Send + 'a>),
}

impl<'a> Input<'a> {
    /// Bytes in memory.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self::Stream(Box::new(bytes))
    }
}

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Delimited text.
    Csv,
    /// One JSON object on each line, or one after the other.
    NdJson,
    /// A JSON list of objects.
    JsonList,
    /// Parquet.
    Parquet,
}

/// What was read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// What it was.
    pub format: Format,
    /// Data records, bad ones included.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Reads usage records and hands them over in batches of at most 10,000 until the end or until `take` breaks.
pub fn read_usage(
    input: Input<'_>,
    context: &Context,
    take: &mut Take<'_, UsageRow>,
) -> Result<Summary, FileError> {
    read(input, &mut Usage::new(context), json::parse_object, take)
}

/// Reads usage that comes as CloudEvents 1.0, in a list or one after the other, as [`read_usage`] does.
pub fn read_cloud_events(
    input: Input<'_>,
    context: &Context,
    take: &mut Take<'_, UsageRow>,
) -> Result<Summary, FileError> {
    read(input, &mut Usage::new(context), cloud_event::parse, take)
}

/// Reads account records, as [`read_usage`] does.
pub fn read_accounts(
    input: Input<'_>,
    context: &Context,
    take: &mut Take<'_, AccountRecord>,
) -> Result<Summary, FileError> {
    read(input, &mut Accounts::new(context), json::parse_object, take)
}

/// Reads initiative records, as [`read_usage`] does.
pub fn read_initiatives(
    input: Input<'_>,
    context: &Context,
    take: &mut Take<'_, InitiativeRecord>,
) -> Result<Summary, FileError> {
    read(input, &mut Initiatives::new(context), json::parse_object, take)
}

fn read<K: Kind>(
    mut input: Input<'_>,
    kind: &mut K,
    parse: json::Parse,
    take: &mut Take<'_, K::Row>,
) -> Result<Summary, FileError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let stream: &mut dyn Read = match &mut input {
        Input::File(file) => file,
        Input::Stream(stream) => stream,
    };
    stream.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let mut collector = Collector::new(kind, take);
    if head.starts_with(parquet::MAGIC) {
        let bytes = read_parquet(input, head, &mut collector)?;
        collector.hand_over(bytes);
        return Ok(Summary { format: Format::Parquet, records: collector.records, bytes });
    }
    let rest: Box<dyn Read + '_> = match input {
        Input::File(file) => Box::new(file),
        Input::Stream(stream) => stream,
    };
    let (source, mut charset) = TextSource::new(head, rest)?;
    let mut lines = Lines::new(source);
    let format = match json::layout(&mut lines)? {
        None => {
            delimited::read(&mut lines, &mut charset, &mut collector)?;
            Format::Csv
        }
        Some(layout) => {
            json::read(&mut lines, (layout, parse), &mut charset, &mut collector)?;
            if layout == Layout::List { Format::JsonList } else { Format::NdJson }
        }
    };
    let bytes = lines.bytes_read();
    collector.hand_over(bytes);
    Ok(Summary { format, records: collector.records, bytes })
}

fn read_parquet<K: Kind>(
    input: Input<'_>,
    mut head: Vec<u8>,
    collector: &mut Collector<'_, '_, K>,
) -> Result<u64, FileError> {
    let (place, bytes) = match input {
        Input::File(mut file) => {
            file.seek(SeekFrom::Start(0))?;
            let bytes = file.metadata()?.len();
            (parquet::Place::File(file), bytes)
        }
        Input::Stream(stream) => {
            let rest = stream.take(PARQUET_STREAM_BYTES_MAX).read_to_end(&mut head)?;
            if rest as u64 == PARQUET_STREAM_BYTES_MAX {
                return Err(FileError::not_text(
                    "the Parquet file is too large to be sent; import it from a file",
                ));
            }
            let bytes = head.len() as u64;
            (parquet::Place::Memory(Cursor::new(head)), bytes)
        }
    };
    parquet::read(place, collector)?;
    Ok(bytes)
}
