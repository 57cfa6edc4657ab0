//! One account's usage as bytes and back, so that it can be kept between starts.
//!
//! Invariant: bytes of any origin make a sound frame or an error, never a panic. What was packed comes back equal.
//!
//! A column is its least value and the distance of each row from it, in as few bytes as the largest distance needs.

use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::Endpoint;
use crate::domain::Model;
use crate::domain::SourceId;

use super::dictionary::Dictionary;
use super::figures::{FigureSlice, Figures};
use super::frame::{AccountFrame, Columns, ErrorColumn};
use super::hour::hour_of;

/// Grows with each change of the bytes, or of how rows become a frame.
pub const PACKED_FORMAT: u32 = 1;

/// Stands for no model, where the length of its name would.
const NO_MODEL: u16 = u16::MAX;
/// Marks a column of values that need 64 bits, beside the width of its distances.
const WIDE: u8 = 0x80;

/// Why bytes are no usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("kept usage does not read back: {0}")]
pub struct BadPacked(&'static str);

/// The usage of one account, read back; a draft takes it.
#[derive(Debug)]
pub struct Unpacked {
    frame: AccountFrame,
    /// The parts by name; the frame has none until a dictionary has numbered them.
    names: Vec<(Endpoint, Option<Model>)>,
}

impl Unpacked {
    /// Reads usage back.
    pub fn read(bytes: &[u8]) -> Result<Self, BadPacked> {
        let mut from = Bytes(bytes);
        let rows = from.u32()? as usize;
        // Rows differ in hour or part, so there is at least a byte for each.
        if rows > bytes.len() {
            return Err(BadPacked("it has fewer bytes than rows"));
        }
        let sources = (0..from.u32()?).map(|_| from.name()).collect::<Result<Vec<SourceId>, _>>()?;
        let names = (0..from.u32()?)
            .map(|_| Ok((from.name()?, from.optional_name()?)))
            .collect::<Result<Vec<_>, BadPacked>>()?;
        let (hours, part_of) = (from.narrow(rows)?, from.narrow(rows)?);
        let keys = || hours.iter().zip(&part_of);
        if !keys().is_sorted_by(|one, next| one < next) {
            return Err(BadPacked("its rows are out of order"));
        }
        if hours.last().is_some_and(|hour| *hour > hour_of(Timestamp::MAX)) {
            return Err(BadPacked("it lies after the end of time"));
        }
        if part_of.iter().any(|part| *part as usize >= names.len()) {
            return Err(BadPacked("one of its rows has no name"));
        }
        let columns = Columns {
            calls: from.figures("calls", rows)?,
            tokens: from.figures("tokens", rows)?,
            cost: from.figures("cost", rows)?,
            errors: from.errors(rows)?,
            hours,
            part_of,
        };
        if !from.0.is_empty() {
            return Err(BadPacked("it has more bytes than rows"));
        }
        Ok(Self { frame: AccountFrame::close(columns, Vec::new(), sources), names })
    }

    /// The frame, its parts numbered.
    pub(super) fn numbered(self, dictionary: &mut Arc<Dictionary>) -> AccountFrame {
        let mut frame = self.frame;
        let number = |(endpoint, model): &(Endpoint, Option<Model>)| {
            Dictionary::part(dictionary, endpoint, model.as_ref())
        };
        frame.parts = self.names.iter().map(number).collect();
        frame
    }
}

impl AccountFrame {
    /// The frame as bytes.
    pub(super) fn packed(&self, dictionary: &Dictionary) -> Vec<u8> {
        let mut out = Vec::with_capacity(256 + self.rows() * 16);
        put_count(&mut out, self.rows());
        put_count(&mut out, self.sources.len());
        self.sources.iter().for_each(|source| put_name(&mut out, source.as_str()));
        put_count(&mut out, self.parts.len());
        for part in &self.parts {
            put_name(&mut out, dictionary.endpoints.name(part.endpoint).as_str());
            match part.model {
                Some(model) => put_name(&mut out, dictionary.models.name(model).as_str()),
                None => out.extend(NO_MODEL.to_le_bytes()),
            }
        }
        put_narrow(&mut out, self.hour_slice());
        put_narrow(&mut out, self.part_slice());
        put_figures(&mut out, &self.calls);
        put_figures(&mut out, &self.tokens);
        put_figures(&mut out, &self.cost);
        out.push(u8::from(self.errors.is_some()));
        if let Some(errors) = &self.errors {
            put_figures(&mut out, &errors.figures);
            out.push(u8::from(!errors.told.is_empty()));
            out.extend(errors.told.iter().map(|told| u8::from(*told)));
        }
        out
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("rows, sources and parts of an account are numbered by 32 bits");
    out.extend(count.to_le_bytes());
}

fn put_name(out: &mut Vec<u8>, name: &str) {
    let length = u16::try_from(name.len()).expect("a name has at most 200 characters");
    out.extend(length.to_le_bytes());
    out.extend(name.as_bytes());
}

fn put_narrow(out: &mut Vec<u8>, values: &[u32]) {
    let least = values.iter().min().copied().unwrap_or(0);
    put_column(out, 0, i64::from(least), values.iter().map(|value| u64::from(value - least)));
}

fn put_figures(out: &mut Vec<u8>, figures: &Figures) {
    match figures.slice() {
        FigureSlice::Narrow(values) => put_narrow(out, values),
        FigureSlice::Wide(values) => {
            let least = values.iter().min().copied().unwrap_or(0);
            // Wraps round, and back again when it is read.
            let distance = |value: &i64| value.wrapping_sub(least).cast_unsigned();
            put_column(out, WIDE, least, values.iter().map(distance));
        }
    }
}

fn put_column(out: &mut Vec<u8>, kind: u8, least: i64, distances: impl Iterator<Item = u64> + Clone) {
    let width = match distances.clone().max().unwrap_or(0) {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    out.push(kind | width);
    out.extend(least.to_le_bytes());
    match width {
        0 => {}
        1 => out.extend(distances.map(|distance| distance as u8)),
        2 => out.extend(distances.flat_map(|distance| (distance as u16).to_le_bytes())),
        4 => out.extend(distances.flat_map(|distance| (distance as u32).to_le_bytes())),
        _ => out.extend(distances.flat_map(u64::to_le_bytes)),
    }
}

/// Walks over bytes; running out of them is an error.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], BadPacked> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(BadPacked("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadPacked> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> Result<u8, BadPacked> {
        self.array().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, BadPacked> {
        self.array().map(u32::from_le_bytes)
    }

    fn name<T: FromStr>(&mut self) -> Result<T, BadPacked> {
        self.optional_name()?.ok_or(BadPacked("a name is missing"))
    }

    fn optional_name<T: FromStr>(&mut self) -> Result<Option<T>, BadPacked> {
        let length = u16::from_le_bytes(self.array()?);
        if length == NO_MODEL {
            return Ok(None);
        }
        let text = std::str::from_utf8(self.take(usize::from(length))?).unwrap_or_default();
        text.parse().map(Some).map_err(|_odd| BadPacked("a name is none"))
    }

    fn narrow(&mut self, rows: usize) -> Result<Vec<u32>, BadPacked> {
        let width = self.u8()?;
        self.column(width, rows, |least, distance| (least as u32).wrapping_add(distance as u32))
    }

    fn figures(&mut self, name: &'static str, rows: usize) -> Result<Figures, BadPacked> {
        let kind = self.u8()?;
        if kind & WIDE == 0 {
            let narrow = |least, distance| (least as u32).wrapping_add(distance as u32);
            return Ok(Figures::narrow(name, self.column(kind, rows, narrow)?));
        }
        let wide = |least: i64, distance: u64| least.wrapping_add(distance.cast_signed());
        Ok(Figures::wide(name, self.column(kind & !WIDE, rows, wide)?))
    }

    fn errors(&mut self, rows: usize) -> Result<Option<ErrorColumn>, BadPacked> {
        if self.u8()? == 0 {
            return Ok(None);
        }
        let figures = self.figures("errors", rows)?;
        let told = if self.u8()? == 0 { &[] } else { self.take(rows)? };
        Ok(Some(ErrorColumn { figures, told: told.iter().map(|told| *told != 0).collect() }))
    }

    /// The values of all rows: `value(least, distance)` of each.
    fn column<T: Clone>(
        &mut self,
        width: u8,
        rows: usize,
        value: impl Fn(i64, u64) -> T,
    ) -> Result<Vec<T>, BadPacked> {
        let least = i64::from_le_bytes(self.array()?);
        let bytes = self.take(rows.saturating_mul(usize::from(width)))?;
        let values = match width {
            0 => vec![value(least, 0); rows],
            1 => bytes.iter().map(|byte| value(least, u64::from(*byte))).collect(),
            2 => cells(bytes, |cell| value(least, u64::from(u16::from_le_bytes(cell)))),
            4 => cells(bytes, |cell| value(least, u64::from(u32::from_le_bytes(cell)))),
            8 => cells(bytes, |cell| value(least, u64::from_le_bytes(cell))),
            _ => return Err(BadPacked("a column has an odd width")),
        };
        Ok(values)
    }
}

fn cells<T, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|cell| value(*cell)).collect()
}
