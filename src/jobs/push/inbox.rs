//! Where parcels come in: each is read beside the others, and waits its turn to be written down.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::access::Fingerprint;
use crate::domain::AccountId;
use crate::domain::Act;
use crate::domain::Currency;
use crate::domain::PriceList;
use crate::domain::SourceId;
use crate::domain::UsageRow;
use crate::ingest;
use crate::ingest::Context;
use crate::ingest::Form;
use crate::ingest::Format;
use crate::ingest::Input;
use crate::ingest::NotTaken;
use crate::ingest::Parcel;
use crate::ingest::Taken;
use crate::jobs::import::ImportReport;

use super::PARCEL_ROWS_MAX;

/// Bodies up to this size are read at once: that takes less time than to ask another thread for it.
const SMALL_BYTES: usize = 8 * 1024;

/// Takes parcels; all handlers share one.
pub struct Inbox {
    orders: mpsc::Sender<Order>,
    room: Arc<Semaphore>,
    currency: Currency,
    prices: Arc<PriceList>,
}

/// A parcel that was read, on its way to the committer.
pub(super) struct Order {
    pub(super) read: ReadParcel,
    pub(super) reply: oneshot::Sender<Result<Taken, NotTaken>>,
    /// Held until the rows are gone.
    _room: OwnedSemaphorePermit,
}

/// What a parcel holds.
pub(super) struct ReadParcel {
    pub(super) act: Act,
    pub(super) source: SourceId,
    pub(super) watermark: Option<Timestamp>,
    pub(super) rows: Vec<UsageRow>,
    pub(super) names: Vec<(AccountId, String)>,
    /// Places in `rows` of those whose cost was computed from prices.
    pub(super) priced: Vec<usize>,
    /// What is known of its records before they are written down: those that are refused.
    pub(super) report: ImportReport,
    pub(super) claim: Option<Claim>,
}

/// What makes a parcel the same as an earlier one, where its sender wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// Stands for the sender and the sender's name for it.
    pub(super) id: String,
    /// Stands for all that was sent.
    pub(super) fingerprint: String,
}

impl Claim {
    fn of(parcel: &Parcel) -> Option<Self> {
        let once = parcel.once.as_ref()?;
        let who = &parcel.act.who;
        let id = Fingerprint::of_parts(&[who.kind().as_bytes(), who.name().as_bytes(), once.as_bytes()]);
        let watermark = parcel.watermark.map(|at| at.to_string()).unwrap_or_default();
        let form = format!("{:?}", parcel.form);
        let said = [parcel.source.as_str().as_bytes(), watermark.as_bytes(), form.as_bytes(), &parcel.body];
        let fingerprint = Fingerprint::of_parts(&said).as_str().to_owned();
        Some(Self { id: id.as_str().to_owned(), fingerprint })
    }
}

impl Inbox {
    pub(super) fn new(
        orders: mpsc::Sender<Order>,
        room: Arc<Semaphore>,
        currency: Currency,
        prices: Arc<PriceList>,
    ) -> Self {
        Self { orders, room, currency, prices }
    }

    /// Takes a parcel; `Ok` means that what it holds is durable.
    pub async fn take(&self, parcel: Parcel) -> Result<Taken, NotTaken> {
        let rows = u32::try_from(rows_at_most(&parcel.body)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(rows).map_err(|_none| NotTaken::Full)?;
        let (source, now) = (parcel.source.clone(), parcel.act.at);
        let context = Context { source, now, currency: self.currency, prices: Arc::clone(&self.prices) };
        let read = if parcel.body.len() <= SMALL_BYTES {
            read(parcel, &context)
        } else {
            let reading = tokio::task::spawn_blocking(move || read(parcel, &context));
            reading.await.map_err(|stopped| NotTaken::Failed(stopped.into()))?
        }?;
        let (reply, answer) = oneshot::channel();
        self.orders.try_send(Order { read, reply, _room: room }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => NotTaken::Full,
            mpsc::error::TrySendError::Closed(_) => NotTaken::Stopping,
        })?;
        answer.await.unwrap_or(Err(NotTaken::Stopping))
    }
}

/// At most so many records can be in a body: each has a line or an object of its own.
fn rows_at_most(body: &[u8]) -> usize {
    let (lines, objects) = body.iter().fold((0, 0), |(lines, objects), byte| {
        (lines + usize::from(matches!(byte, b'\n' | b'\r')), objects + usize::from(*byte == b'{'))
    });
    (lines.max(objects) + 1).min(PARCEL_ROWS_MAX)
}

fn read(parcel: Parcel, context: &Context) -> Result<ReadParcel, NotTaken> {
    let not_text = |message: &str| NotTaken::Unreadable { code: "not_text", message: message.to_owned() };
    // It would be unpacked whole, and says itself how large it gets.
    if parcel.body.starts_with(b"PAR1") {
        return Err(not_text("Parquet is not taken here; import the file with `etsm import usage`"));
    }
    let (mut rows, mut names, mut priced) = (Vec::new(), Vec::new(), Vec::new());
    let mut report = ImportReport::default();
    let mut records = 0;
    let reader = match parcel.form {
        Form::CloudEvents => ingest::read_cloud_events,
        Form::AsItLooks | Form::Csv | Form::Json => ingest::read_usage,
    };
    let summary = reader(Input::bytes(&parcel.body), context, &mut |batch| {
        records += batch.rows.len() + batch.rejections.len();
        if records > PARCEL_ROWS_MAX {
            return ControlFlow::Break(());
        }
        priced.extend(batch.priced.iter().map(|at| at + rows.len()));
        rows.extend(batch.rows);
        names.extend(batch.names);
        report.reject(batch.rejections);
        ControlFlow::Continue(())
    });
    let summary = summary
        .map_err(|problem| NotTaken::Unreadable { code: problem.code(), message: problem.to_string() })?;
    if records > PARCEL_ROWS_MAX {
        return Err(NotTaken::TooManyRows { max: PARCEL_ROWS_MAX });
    }
    match (parcel.form, summary.format) {
        (Form::Csv, Format::NdJson | Format::JsonList) => {
            return Err(not_text("the Content-Type says CSV, and the body is JSON; make them agree"));
        }
        (Form::Json | Form::CloudEvents, Format::Csv) => {
            return Err(not_text("the Content-Type says JSON, and the body is not; make them agree"));
        }
        _ => {}
    }
    let claim = Claim::of(&parcel);
    let Parcel { act, source, watermark, .. } = parcel;
    report.priced = priced.len() as u64;
    Ok(ReadParcel { act, source, watermark, rows, names, priced, report, claim })
}
