//! Settings of who runs etsm: how it logs, where spans go, and how large it may grow.

use std::str::FromStr;

use super::gather::Gathered;
use super::settings::parsed;
use super::settings::web_address;
use super::trust::Trust;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// Lines for people.
    Text,
    /// An object on each line, for programs.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("“{text}” is not a form of the log; use auto, text or json")),
        }
    }
}

/// A collector of spans.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// As `http://127.0.0.1:4318`, without a slash at the end.
    pub endpoint: String,
    /// Whom the call trusts.
    pub trust: Trust,
}

pub(super) fn otlp(all: &mut Gathered, trust: &Trust) -> Option<OtlpSettings> {
    let endpoint = parsed(all, "telemetry.otlp", String::new(), web_address);
    (!endpoint.is_empty()).then(|| OtlpSettings { endpoint, trust: trust.clone() })
}

/// Units of sizes; in thousands, as disks are sold.
const UNITS: &[(&str, u64)] = &[("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
/// An empty database is larger than what is below this.
const SIZE_MIN: u64 = 1_000_000;

/// A size as 20 GB; empty is none.
pub(super) fn size(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("“{text}” is not a size; write 20 GB or 500 MB");
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?.trim(), bytes)))
        .ok_or_else(wrong)?;
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*unit));
    bytes.filter(|bytes| *bytes >= SIZE_MIN).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!(size(""), Ok(None));
        assert_eq!(size("20 GB"), Ok(Some(20_000_000_000)));
        assert_eq!(size("500MB"), Ok(Some(500_000_000)));
        for wrong in ["20", "0 MB", "-1 GB", "many GB", "99999999999 TB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
