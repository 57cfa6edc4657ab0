//! Checks request bodies against Discord's own description of its API.

use jsonschema::Validator;
use serde_json::Value;

const DESCRIPTION: &str = include_str!("../../../data/discord/openapi.json");

/// The operations that the application may call with a body.
pub struct Schemas {
    pub commands: Validator,
    pub guild_commands: Validator,
    pub callback: Validator,
    pub edit: Validator,
    pub follow_up: Validator,
}

impl Schemas {
    pub fn read() -> Self {
        let whole: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let body = |path: &str, method: &str| {
            let mut schema =
                whole["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"].clone();
            assert!(schema.is_object(), "{method} {path} is not described");
            // References begin at the root of the whole description.
            schema["components"] = whole["components"].clone();
            jsonschema::draft202012::options().build(&schema).unwrap()
        };
        Self {
            commands: body("/applications/{application_id}/commands", "put"),
            guild_commands: body("/applications/{application_id}/guilds/{guild_id}/commands", "put"),
            callback: body("/interactions/{interaction_id}/{interaction_token}/callback", "post"),
            edit: body("/webhooks/{webhook_id}/{webhook_token}/messages/@original", "patch"),
            follow_up: body("/webhooks/{webhook_id}/{webhook_token}", "post"),
        }
    }
}

/// What is wrong with a body.
pub fn complaints(validator: &Validator, body: &Value) -> Vec<String> {
    validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_description_tells_good_from_bad() {
    let schemas = Schemas::read();
    let good = serde_json::json!({"embeds": [{"title": "Acme"}], "allowed_mentions": {"parse": []}});
    assert!(complaints(&schemas.edit, &good).is_empty());
    let long = serde_json::json!({"embeds": [{"title": "x".repeat(257)}]});
    assert!(!complaints(&schemas.edit, &long).is_empty());
    let odd = serde_json::json!({"type": 12});
    assert!(!complaints(&schemas.callback, &odd).is_empty());
}
