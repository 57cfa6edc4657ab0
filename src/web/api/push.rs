//! `POST /api/v1/usage`: takes usage that programs send, and answers once it is durable.

use axum::Extension;
use axum::body::Body;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use futures_util::StreamExt as _;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Act;
use crate::domain::SourceId;
use crate::domain::Who;
use crate::ingest::Form;
use crate::ingest::NotTaken;
use crate::ingest::Parcel;
use crate::ingest::Taken;
use crate::problem::Problem;
use crate::web::ask::Pairs;
use crate::web::seat::Sender;
use crate::web::state::WebState;

use super::ApiFailure;
use super::Options;
use super::openapi::Failures;
use super::openapi::WireProblem;
use super::problem_document;
use super::unpack::BODY_BYTES_MAX;
use super::unpack::NotUnpacked;
use super::unpack::Packing;

/// Longest key of the sender's own, in characters.
const ONCE_CHARS_MAX: usize = 255;
/// The source of whoever has no name that can be one.
const OTHER_SOURCE: &str = "push";
/// In how many seconds a sender had better come again.
const AGAIN_SECONDS: &str = "1";

/// What became of the rows, as `etsm import --json` says it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"accepted": 2, "duplicates": 0, "replaced": 0,
    "rejected": [{"row": 3, "column": "cost", "reason": "negative_value", "message": "“-1” is below zero"}],
    "totals": {"api_calls": 160, "tokens_used": 57000, "cost": 1.15}, "file_error": null,
    "watermark": "2026-03-03T11:00:00Z"}))]
pub(super) struct WireReport {
    /// New rows.
    accepted: u64,
    /// Rows that were there already, equal in all figures.
    duplicates: u64,
    /// Rows that replaced an earlier statement of the same bucket or event.
    replaced: u64,
    /// The first 10,000 rows that were refused; the others were taken all the same.
    rejected: Vec<WireRejection>,
    /// How many more were refused; left out when there are none.
    rejected_unlisted: Option<u64>,
    /// Good rows that came without a cost, which was computed from prices; left out when there are none.
    priced: Option<u64>,
    totals: WireTotals,
    /// Always `null`: a body that is wrong as a whole gets a problem.
    file_error: Option<String>,
    /// Up to when the source's data are now complete.
    watermark: Option<String>,
}

/// A row that was refused.
#[derive(Serialize, ToSchema)]
pub(super) struct WireRejection {
    /// Which data record, from 1.
    row: u64,
    column: Option<String>,
    /// A word that does not change, to branch on.
    reason: String,
    /// For a person.
    message: String,
}

/// Sums over the rows that were added or restated.
#[derive(Serialize, ToSchema)]
pub(super) struct WireTotals {
    api_calls: u64,
    tokens_used: u64,
    /// In whole units of the portfolio's currency.
    cost: f64,
}

#[utoipa::path(
    post,
    path = "/api/v1/usage",
    tag = "Usage",
    summary = "Send usage",
    description = "Needs a key with the scope `ingest`, or the session of an admin. The body is what `etsm import \
                   usage` reads: CSV, JSON objects one a line, a JSON list, or CloudEvents 1.0 whose `id` is the \
                   `event_id` and whose `data` is a row. Good rows are kept and bad ones are listed; a body that is \
                   wrong as a whole is a problem, and nothing of it is kept. The answer comes once the rows are \
                   durable. Sent again, a row adds nothing: a bucket is replaced, and events count by their \
                   `event_id`. At most 32 MiB, packed or not, and 100,000 rows.",
    params(
        ("source" = Option<String>, Query, description = "Which source the rows belong to; if left out, the one that the key is bound to, or the name of the key"),
        ("watermark" = Option<String>, Query, description = "Up to when the source’s data are complete, as 2026-03-03T11:00:00Z; the end of the newest hour if left out. It never moves back"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of your own for this body, up to 255 characters. For 7 days the same body under it gets the same answer, with `Idempotent-Replayed: true`, and another body is refused"),
        ("Content-Encoding" = Option<String>, Header, description = "gzip or zstd"),
    ),
    request_body(
        description = "The rows",
        content(
            (String = "text/csv", example = "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n2026-03-03T10:00:00Z,acme,120,45000,0.90,/v1/chat\n"),
            (String = "application/x-ndjson", example = "{\"timestamp\":\"2026-03-03T10:00:00Z\",\"account_id\":\"acme\",\"api_calls\":1,\"tokens_used\":310,\"cost\":0.004,\"endpoint\":\"/v1/chat\",\"event_id\":\"req-1\"}\n"),
            (Vec<Object> = "application/json", example = json!([{"timestamp": "2026-03-03T10:00:00Z", "account_id": "acme", "api_calls": 120, "tokens_used": 45000, "cost": 0.9, "endpoint": "/v1/chat"}])),
            (Vec<Object> = "application/cloudevents-batch+json", example = json!([{"specversion": "1.0", "id": "req-1", "source": "/gateway", "type": "usage", "time": "2026-03-03T10:00:00Z", "subject": "acme", "data": {"api_calls": 1, "tokens_used": 310, "cost": 0.004, "endpoint": "/v1/chat"}}])),
        ),
    ),
    responses(
        (status = 200, description = "The rows are durable, but for those that were refused", body = WireReport),
        (status = 403, description = "The key sends no usage, or that of another source (`other_source`)", body = WireProblem, content_type = "application/problem+json"),
        (status = 409, description = "Another body was taken under this Idempotency-Key", body = WireProblem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long, or has too many rows", body = WireProblem, content_type = "application/problem+json"),
        (status = 415, description = "The body is of a kind, or packed in a way, that is not taken", body = WireProblem, content_type = "application/problem+json"),
        (status = 422, description = "The body cannot be read as a whole; `code` is that of `file_error`, as `missing_column`", body = WireProblem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing of it was taken", body = WireProblem, content_type = "application/problem+json"),
        Failures,
    ),
)]
pub(crate) async fn take(
    State(state): State<WebState>,
    Extension(sender): Extension<Sender>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let options = Options::new(query, &["source", "watermark"])?;
    let source = source(&sender, options.parsed("source")?)?;
    let watermark = options.instant("watermark")?;
    let once = once(&headers)?;
    let form = form(&headers)?;
    let packing = Packing::of(&headers).map_err(|other| {
        let detail = format!("The body is packed as {other}; send it plain, or packed as gzip or zstd.");
        Refused::Kind("unknown_encoding", detail)
    })?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let length = length.unwrap_or(BODY_BYTES_MAX);
    if length > BODY_BYTES_MAX {
        return Err(Refused::TooLong(too_long()));
    }
    // A body without a length is held against the longest one.
    let held = length + if packing == Packing::Plain { 0 } else { packing.unpacked_at_most(length) };
    let _room = state.usage.room(held).await.ok_or(Refused::NotTaken(NotTaken::Full))?;
    let sent = whole(body).await?;
    let body = match packing {
        Packing::Plain => sent,
        Packing::Gzip | Packing::Zstd => unpacked(packing, sent).await?,
    };
    let act = Act { who: sender.who, way: sender.way, at: state.desk.clock().now() };
    let taken = state.usage.door.take(Parcel { act, source, watermark, once, form, body }).await;
    taken.map(printed).map_err(Refused::NotTaken)
}

fn printed(taken: Taken) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "application/json")], taken.report).into_response();
    if taken.again {
        let yes = header::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotent-replayed", yes);
    }
    response
}

/// The source that the sender names, or its own one; a key that is bound to one may name no other.
fn source(sender: &Sender, named: Option<SourceId>) -> Result<SourceId, Refused> {
    let Some(only) = &sender.only else { return Ok(named.unwrap_or_else(|| own_source(&sender.who))) };
    match named {
        Some(other) if other != *only => Err(Refused::OtherSource { only: only.clone() }),
        Some(_) | None => Ok(only.clone()),
    }
}

/// The name of the key, where it can be that of a source.
fn own_source(sender: &Who) -> SourceId {
    let own = match sender {
        Who::Key(name) => SourceId::new(name.as_str()).ok(),
        Who::Person(_) | Who::Service => None,
    };
    own.unwrap_or_else(|| SourceId::new(OTHER_SOURCE).expect("the word is an id"))
}

fn once(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let wrong = |message: &str| Problem::option("Idempotency-Key", message);
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(once) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        return Err(wrong("The header Idempotency-Key is there twice; send it once."));
    }
    let once = once.to_str().map(str::trim).map_err(|_odd| {
        wrong("The Idempotency-Key has characters beyond ASCII; letters, digits and hyphens are good.")
    })?;
    match once.len() {
        0 => {
            Err(wrong("The Idempotency-Key is empty; leave it out, or send a new random text for each body."))
        }
        length if length > ONCE_CHARS_MAX => {
            Err(wrong("The Idempotency-Key is too long: at most 255 characters. A UUID is good."))
        }
        _ => Ok(Some(once.to_owned())),
    }
}

/// What kind of body the headers announce. Kinds that say nothing, as those of plain `curl --data-binary`, leave it to
/// the looks.
fn form(headers: &HeaderMap) -> Result<Form, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "" | "text/plain" | "application/octet-stream" | "application/x-www-form-urlencoded" => {
            Ok(Form::AsItLooks)
        }
        "text/csv" | "application/csv" | "text/tab-separated-values" => Ok(Form::Csv),
        "application/json"
        | "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines"
        | "application/json-seq" => Ok(Form::Json),
        "application/cloudevents+json" | "application/cloudevents-batch+json" => Ok(Form::CloudEvents),
        _ => {
            let detail = "Send usage as text/csv, application/x-ndjson, application/json or \
                          application/cloudevents-batch+json.";
            Err(Refused::Kind("unknown_content_type", detail.to_owned()))
        }
    }
}

fn too_long() -> String {
    format!("The body is longer than {} MiB; send it in parts.", BODY_BYTES_MAX / (1024 * 1024))
}

/// The body as it was sent.
async fn whole(body: Body) -> Result<Vec<u8>, Refused> {
    let mut pieces = body.into_data_stream();
    let mut sent = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|broken| {
            let message = format!("The body broke off: {broken}. Nothing of it was taken; send it again.");
            Refused::Api(Problem::BadOption { option: None, message }.into())
        })?;
        if sent.len() + piece.len() > BODY_BYTES_MAX {
            return Err(Refused::TooLong(too_long()));
        }
        sent.extend_from_slice(&piece);
    }
    Ok(sent)
}

async fn unpacked(packing: Packing, sent: Vec<u8>) -> Result<Vec<u8>, Refused> {
    let length = sent.len();
    let done = tokio::task::spawn_blocking(move || packing.unpack(sent)).await;
    let done = done.map_err(|odd| Problem::internal(anyhow::Error::new(odd).context("unpacking a body")))?;
    done.map_err(|why| match why {
        NotUnpacked::TooLong => {
            let most = packing.unpacked_at_most(length) / (1024 * 1024);
            let detail = format!(
                "The body of {length} bytes gets longer than {most} MiB when it is unpacked; send it in parts, or plain."
            );
            Refused::TooLong(detail)
        }
        NotUnpacked::Damaged(why) => {
            let message = format!("The body cannot be unpacked: {why}. Look at Content-Encoding, and send it again.");
            Refused::Api(Problem::BadOption { option: None, message }.into())
        }
    })
}

/// Why usage was not taken, on its way to the sender.
pub(crate) enum Refused {
    /// As any call.
    Api(ApiFailure),
    /// The key is bound to another source.
    OtherSource {
        /// The one that it may send usage of.
        only: SourceId,
    },
    /// Too long.
    TooLong(String),
    /// Of a kind that is not taken, by its code.
    Kind(&'static str, String),
    /// By whoever takes it.
    NotTaken(NotTaken),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Api(problem.into())
    }
}

impl axum::response::IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = match self {
            Self::Api(failure) => failure.into_response(),
            Self::OtherSource { only } => {
                let detail = format!(
                    "This key sends usage of the source {only} alone; name that or none, or have a key made with \
                     `etsm key add … --source`."
                );
                problem_document(StatusCode::FORBIDDEN, "other_source", &detail)
            }
            Self::TooLong(detail) => problem_document(StatusCode::PAYLOAD_TOO_LARGE, "too_long", &detail),
            Self::Kind(code, detail) => problem_document(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, &detail),
            Self::NotTaken(NotTaken::Failed(cause)) => {
                ApiFailure::from(Problem::internal(cause.context("writing usage down"))).into_response()
            }
            Self::NotTaken(why) => {
                let (status, code) = match &why {
                    NotTaken::Unreadable { code, .. } => (StatusCode::UNPROCESSABLE_ENTITY, *code),
                    NotTaken::TooManyRows { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows"),
                    NotTaken::OtherBody => (StatusCode::CONFLICT, "other_body"),
                    NotTaken::Full => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
                    NotTaken::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
                    NotTaken::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
                };
                problem_document(status, code, &sentence(&why.to_string()))
            }
        };
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            let soon = header::HeaderValue::from_static(AGAIN_SECONDS);
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
