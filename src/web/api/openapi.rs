//! `GET /api/v1/openapi.json`: the API's own description (OpenAPI 3.1), made of the handlers themselves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa::IntoResponses;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::ToSchema;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;

use super::accounts;
use super::alerts;
use super::audit;
use super::bill;
use super::digests;
use super::facts;
use super::health;
use super::initiatives;
use super::outlook;
use super::portfolio;
use super::push;
use super::rows;
use super::usage;

/// The window that figures are of.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it stands in the document; the options are read by name")]
pub(super) struct WindowOptions {
    /// How far back from the newest data: 48h, 7d, 30d (if left out), 12w, mtd, qtd, ytd or 2026-01-01..2026-01-31.
    range: Option<String>,
    /// Instead of a range: its first instant, as 2026-01-31 or 2026-01-31T15:00:00Z.
    from: Option<String>,
    /// With `from`: the instant behind its last one; the end of the data if left out.
    to: Option<String>,
}

/// A problem (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"type": "about:blank", "title": "Bad Request", "status": 400, "code": "bad_option",
    "detail": "There is no option “rang” here. The options are range, from, to."}))]
pub(super) struct WireProblem {
    r#type: String,
    title: String,
    status: u16,
    /// A word that does not change, to branch on.
    code: String,
    /// For a person.
    detail: String,
}

/// What can go wrong with any call.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it stands in the document; problems are printed in one place")]
pub(super) enum Failures {
    /// An option or the body is wrong; `detail` says what would be right
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(WireProblem),
    /// No key and no session
    #[response(status = 401, content_type = "application/problem+json")]
    NotKnown(WireProblem),
    /// Known, but not allowed
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(WireProblem),
    /// There is no such thing, or none that you may know of
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(WireProblem),
    /// More than one key or one address may ask in a minute; `Retry-After` says when to come back
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(WireProblem),
    /// Not now: there are no data yet, they are being loaded, or too much is asked at once; `Retry-After` may say when
    #[response(status = 503, content_type = "application/problem+json")]
    NotNow(WireProblem),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "etsm",
        description = "The account desk's figures for programs: usage, accounts with their health, forecasts and \
                       anomalies, initiatives, digests and alerts. Every answer says up to when its data go (`as_of`) and which \
                       version of them it shows (`data_version`); its `ETag` stays the same as long as the figures do. \
                       Costs are in whole units of the portfolio's one currency. What is outside of your accounts \
                       does not exist for you.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        usage::show, push::take, rows::show,
        accounts::list, accounts::one, bill::show, health::show, health::why, outlook::forecast, outlook::anomalies,
        portfolio::show,
        initiatives::list, initiatives::add, initiatives::one, initiatives::change, initiatives::update,
        digests::list, digests::one,
        alerts::list, alerts::ack, alerts::snooze,
        audit::list,
        facts::show,
    ),
    components(schemas(WireProblem)),
    security(("key" = [])),
    modifiers(&Keys),
)]
struct Described;

struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let words = "A key that an operator made with `etsm key add`, as `Authorization: Bearer etsm_…`. Browsers may \
                     come with the session of the dashboard instead.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(words)).build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The document, as `etsm openapi` prints it.
#[must_use]
pub(crate) fn document() -> String {
    let mut whole = serde_json::to_value(Described::openapi()).expect("the document is made of texts");
    rename(&mut whole);
    name_operations(&mut whole);
    serde_json::to_string_pretty(&whole).expect("it was a value")
}

/// Operations by their method and path: `get_accounts_id_health`. The names of handlers repeat.
fn name_operations(whole: &mut Value) {
    let Some(Value::Object(paths)) = whole.get_mut("paths") else { return };
    for (path, methods) in paths {
        let words: Vec<&str> = path.split('/').skip(3).map(|word| word.trim_matches(['{', '}'])).collect();
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            operation["operationId"] = format!("{method}_{}", words.join("_")).into();
        }
    }
}

/// Our own structs say that they are for the wire; readers need not know.
fn rename(value: &mut Value) {
    const OURS: &str = "#/components/schemas/";
    let plain = |name: &str| match name {
        "NewWire" => "NewInitiative".to_owned(),
        "EditWire" => "InitiativeEdit".to_owned(),
        "LineWire" => "LogLine".to_owned(),
        _ => name.trim_start_matches("Wire").to_owned(),
    };
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_prefix(OURS) {
                *text = format!("{OURS}{}", plain(name));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        Value::Object(fields) => {
            fields.values_mut().for_each(rename);
            if let Some(Value::Object(schemas)) = fields.get_mut("schemas") {
                let sorted: BTreeMap<String, Value> = std::mem::take(schemas)
                    .into_iter()
                    .map(|(name, schema)| (plain(&name), schema))
                    .collect();
                schemas.extend(sorted);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

/// The handler; it says nothing of accounts.
pub(crate) async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
