//! JSON bodies, whose mistakes are told with their place.

use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::header;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

use super::ApiFailure;

/// A body that was sent as JSON.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiFailure;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiFailure> {
        let wrong = |message: String| ApiFailure::from(Problem::BadOption { option: None, message });
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        // A form of another page cannot send this without asking us first.
        let is_json =
            kind.is_some_and(|kind| kind.split(';').next().unwrap_or_default().trim() == "application/json");
        if !is_json {
            return Err(wrong("Send the body as JSON, with Content-Type: application/json.".into()));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refused| wrong(format!("The body could not be read: {refused}.")))?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|odd| wrong(format!("The body is not right: {odd}.")))
    }
}
