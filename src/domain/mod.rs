//! The vocabulary of the account desk. No IO, no clock but through [`Clock`], no async.

mod account;
mod act;
mod alert;
mod annotation;
mod anomaly;
mod asker;
mod delivery;
mod destination;
mod digest;
mod fact;
mod foretold;
mod health;
mod horizon;
mod ids;
mod initiative;
mod metered;
mod model_life;
mod money;
mod overrides;
mod price;
mod quantity;
mod reconciliation;
mod records;
mod request_id;
mod score;
mod security;
mod source;
mod stretch;
mod time;
mod timing;
mod usage;

pub use account::{Account, AccountStatus, CommitPeriod, Contract, Note};
pub use act::{Act, AuditKind, How, Way, Who};
pub use alert::{AlertId, AlertState};
pub use annotation::{Annotation, AnnotationKind};
pub use anomaly::{Anomaly, AnomalyKind, Standing};
pub use asker::{Asker, Audience, Bearer, Claim, Role, Scope};
pub use delivery::DeliveryState;
pub use destination::{BadDestination, Destination};
pub use digest::{DIGEST_ON_TIME, LatePolicy, OccurrenceState};
pub use fact::{BadFactId, Bound, Fact, FactKey, Measure, UsageFilter};
pub use foretold::Foretold;
pub use health::{Band, Cause, Factor, FactorKind, Health, Judgement};
pub use horizon::Horizon;
pub use ids::{
    AccountId, BadName, DigestName, Endpoint, EventId, ID_CHARS_MAX, InitiativeId, Model, NAME_CHARS_MAX,
    Person, SourceId,
};
pub use initiative::{Initiative, InitiativeStatus, InitiativeUpdate, Priority};
pub use metered::{Metered, Unmapped};
pub use model_life::ModelLife;
pub use money::{BadMoney, Currency, Money};
pub use overrides::{Cleared, Override};
pub use price::{Charge, Charged, Price, PriceList, Rates};
pub use quantity::{Quantity, grouped, short_number};
pub use reconciliation::{BillLine, BillParts, MeteredDay, reconcile};
pub use records::Records;
pub use request_id::RequestId;
pub use score::Score;
pub use security::SecurityKind;
pub use source::SourceKind;
pub use stretch::Stretch;
pub use time::{Clock, DAY_MS, Grain, HOUR_MS, Range, SystemClock, Window, utc_date, utc_midnight};
pub use timing::{BadTiming, Timing};
pub use usage::{Metric, TokenSplit, UsageRow, Used};
