//! How long each kind of data is kept.

use jiff::SignedDuration;

use super::gather::Gathered;

/// Longest time that may be set, in days: a hundred years.
const DAYS_MAX: i64 = 36_500;

/// How long each kind of data is kept; `None` for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionSettings {
    /// Usage.
    pub usage: Option<SignedDuration>,
    /// What digests said.
    pub digests: Option<SignedDuration>,
    /// Messages that were sent.
    pub messages: Option<SignedDuration>,
    /// Alerts that are over.
    pub alerts: Option<SignedDuration>,
    /// Counts of what was refused at the doors.
    pub security: Option<SignedDuration>,
    /// The audit log.
    pub audit: Option<SignedDuration>,
}

pub(super) fn read(all: &mut Gathered) -> RetentionSettings {
    let mut days = |key| {
        let given = all.get(key);
        match given.text.parse::<i64>() {
            Ok(0) => None,
            Ok(days) if (1..=DAYS_MAX).contains(&days) => Some(SignedDuration::from_hours(24 * days)),
            Ok(_) | Err(_) => {
                all.wrong(
                    given.place,
                    format!("must be a number of days from 1 to {DAYS_MAX}, or 0 to keep it for ever"),
                );
                None
            }
        }
    };
    RetentionSettings {
        usage: days("retention.usage_days"),
        digests: days("retention.digests_days"),
        messages: days("retention.messages_days"),
        alerts: days("retention.alerts_days"),
        security: days("retention.security_days"),
        audit: days("retention.audit_days"),
    }
}
