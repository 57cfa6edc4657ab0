//! The fake's REST API: what it does not know is a mistake of the application.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use super::channels::Loss;
use super::faults::Fault;
use super::faults::On;
use super::limits;
use super::multipart;
use super::oauth;
use super::schema::Schemas;
use super::schema::complaints;
use super::state::ACKNOWLEDGE_MAX;
use super::state::APPLICATION;
use super::state::BOT;
use super::state::EPHEMERAL;
use super::state::GUILD;
use super::state::Inner;
use super::state::State;
use super::state::TOKEN;
use super::state::User;

/// Status and JSON; `Null` is no body.
pub type Said = (u16, Value);

pub struct Rest {
    pub state: Arc<State>,
    pub gateway: String,
    pub schemas: Schemas,
}

pub fn router(rest: Arc<Rest>) -> Router {
    let answer = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let rest = Arc::clone(&rest);
        async move {
            match rest.answer(&method, &uri, &headers, &body) {
                Some(response) => response,
                None => std::future::pending().await,
            }
        }
    };
    Router::new().fallback(answer).layer(DefaultBodyLimit::max(32 << 20))
}

impl Rest {
    /// `None` when the call is never answered.
    fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Response> {
        if (method, uri.path()) == (&Method::GET, "/oauth2/authorize") {
            return Some(oauth::authorize());
        }
        let (status, json) = {
            let path = uri.path().strip_prefix("/api/v10/").unwrap_or("elsewhere");
            let parts: Vec<&str> = path.split('/').collect();
            if let Some(fault) = self.state.change(|inner| faulty(inner, method.as_str(), &parts)) {
                return fault.response();
            }
            let said = self.state.change(|inner| {
                // The login does not go by the bot's token.
                match (method, &parts[..]) {
                    (&Method::POST, ["oauth2", "token"]) => {
                        return Some(oauth::exchange(inner, headers, body));
                    }
                    (&Method::GET, ["users", "@me"]) if !is_bot(headers) => {
                        return Some(oauth::me(inner, headers));
                    }
                    _ => {}
                }
                if let Some(said) = refused(method.as_str(), &parts, headers) {
                    return Some(said);
                }
                let query = uri.query().unwrap_or_default();
                let said =
                    self.route(inner, method.as_str(), (&parts, query), headers, body).unwrap_or_else(|| {
                        inner.wrong(format!("{method} {path} is not known"));
                        error(404, 0, "404: Not Found")
                    });
                let posts = kind_of(method.as_str(), &parts) == Some(On::Channel);
                match Some(()).filter(|()| posts && said.0 == 200).and_then(|()| inner.lost_posts.pop()) {
                    None => Some(said),
                    Some(Loss::BadGateway) => Some(error(502, 0, "Bad Gateway")),
                    Some(Loss::Silence) => None,
                }
            });
            said?
        };
        let status = StatusCode::from_u16(status).unwrap();
        Some(if json.is_null() { status.into_response() } else { (status, Json(json)).into_response() })
    }

    fn route(
        &self,
        inner: &mut Inner,
        method: &str,
        (parts, query): (&[&str], &str),
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Said> {
        let application = APPLICATION.to_string();
        Some(match (method, parts) {
            ("GET", ["gateway"]) => (200, json!({"url": self.gateway})),
            ("GET", ["gateway", "bot"]) => (
                200,
                json!({
                    "url": self.gateway, "shards": 1,
                    "session_start_limit": inner.session_starts(),
                }),
            ),
            (_, ["applications", id, "commands"]) if *id == application => {
                return self.commands(inner, method, None, headers, body);
            }
            (_, ["applications", id, "guilds", guild, "commands"]) if *id == application => {
                return self.commands(inner, method, Some(guild.parse().ok()?), headers, body);
            }
            ("GET", ["guilds", ..] | ["channels", _]) => look(inner, parts)?,
            ("GET", ["users", "@me"]) => (200, User { id: BOT, name: "etsm".into() }.json()),
            ("GET", ["oauth2", "applications", "@me"]) => (200, json!({"id": application, "name": "etsm"})),
            ("POST", ["interactions", id, token, "callback"]) => {
                self.callback(inner, id, token, headers, body)
            }
            (_, ["webhooks", id, token, "messages", "@original"]) if *id == application => {
                self.original(inner, method, token, headers, body)?
            }
            ("POST", ["webhooks", id, token]) if *id == application => {
                self.follow_up(inner, token, headers, body)
            }
            (_, ["channels", channel, "messages", message @ ..]) if message.len() <= 1 => {
                let message = message.first().map(|id| id.parse()).transpose().ok()?;
                return self.messages(
                    inner,
                    method,
                    (channel.parse().ok()?, message),
                    query,
                    (headers, body),
                );
            }
            _ => return None,
        })
    }

    fn commands(
        &self,
        inner: &mut Inner,
        method: &str,
        guild: Option<u64>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Said> {
        match method {
            "GET" => {
                inner.looks += 1;
                Some((200, Value::from(inner.commands.get(&guild).cloned().unwrap_or_default())))
            }
            "PUT" => {
                let (json, _) = match multipart::read(content_type(headers), body) {
                    Ok(read) => read,
                    Err(odd) => return Some(invalid(inner, &[odd])),
                };
                let schema =
                    if guild.is_some() { &self.schemas.guild_commands } else { &self.schemas.commands };
                let mut wrong = complaints(schema, &json);
                let mut list = json.as_array().cloned().unwrap_or_default();
                wrong.extend(limits::commands(&list));
                if !wrong.is_empty() {
                    return Some(invalid(inner, &wrong));
                }
                for command in &mut list {
                    kept_command(inner.new_id(), command);
                }
                inner.registrations += 1;
                inner.commands.insert(guild, list.clone());
                Some((200, Value::from(list)))
            }
            _ => None,
        }
    }

    pub fn callback(
        &self,
        inner: &mut Inner,
        id: &str,
        token: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Said {
        let (json, uploads) = match multipart::read(content_type(headers), body) {
            Ok(read) => read,
            Err(odd) => return invalid(inner, &[odd]),
        };
        let Some(interaction) = inner.by_token(token).filter(|known| known.id.to_string() == id) else {
            inner.wrong("an interaction that nobody sent was acknowledged");
            return error(404, 10_062, "Unknown interaction");
        };
        let (after, response, pressed, asked) =
            (interaction.dispatched.elapsed(), interaction.response, interaction.pressed, interaction.kind);
        if after > ACKNOWLEDGE_MAX && response.is_none() {
            inner.wrong(format!("an interaction was acknowledged after {} ms", after.as_millis()));
            return error(404, 10_062, "Unknown interaction");
        }
        if response.is_some() {
            if !std::mem::take(&mut interaction.answer_lost) {
                inner.wrong("an interaction was acknowledged twice");
            }
            return error(400, 40_060, "Interaction has already been acknowledged.");
        }
        let kind = json["type"].as_u64().unwrap_or_default();
        // The description leaves forms out.
        let mut wrong =
            if kind == 9 { limits::form(&json["data"]) } else { complaints(&self.schemas.callback, &json) };
        match kind {
            9 if !matches!(asked, 2 | 3) => wrong.push("only a command or a press can open a form".into()),
            9 => {}
            4 | 7 => wrong.extend(limits::message(&json["data"], &uploads, &[])),
            5 | 6 => {}
            8 => wrong.extend(limits::choices(json["data"]["choices"].as_array().map_or(&[], Vec::as_slice))),
            _ => wrong.push(format!("the response has type {kind}")),
        }
        if matches!(kind, 6 | 7) && pressed.is_none() {
            wrong.push("only a message whose button was pressed can be updated".into());
        }
        if !wrong.is_empty() {
            return invalid(inner, &wrong);
        }
        let ephemeral = json["data"]["flags"].as_u64().unwrap_or_default() & EPHEMERAL != 0;
        let original = match kind {
            4 => Some(inner.post(token, json["data"].clone(), uploads, ephemeral)),
            5 => Some(inner.post(token, json!({}), Vec::new(), ephemeral)),
            6 => pressed,
            _ => None,
        };
        let loses_answer = inner.lost_answers > 0;
        inner.lost_answers -= usize::from(loses_answer);
        let interaction = inner.by_token(token).expect("it was there");
        interaction.acknowledged_after = Some(after);
        interaction.response = Some(kind);
        interaction.waiting = matches!(kind, 5 | 6);
        interaction.original = original;
        interaction.choices = json["data"]["choices"].as_array().cloned().filter(|_| kind == 8);
        interaction.form = Some(json["data"].clone()).filter(|_| kind == 9);
        interaction.answer_lost = loses_answer;
        if loses_answer { error(502, 0, "Bad Gateway") } else { (204, Value::Null) }
    }

    fn original(
        &self,
        inner: &mut Inner,
        method: &str,
        token: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Said> {
        let id = match alive(inner, token) {
            Ok(original) => original?,
            Err(said) => return Some(said),
        };
        if inner.messages[&id].deleted {
            return Some(error(404, 10_008, "Unknown Message"));
        }
        match method {
            "PATCH" => {
                let (json, uploads) = match multipart::read(content_type(headers), body) {
                    Ok(read) => read,
                    Err(odd) => return Some(invalid(inner, &[odd])),
                };
                let mut wrong = complaints(&self.schemas.edit, &json);
                let message = &inner.messages[&id];
                let kept = json["attachments"].is_null();
                let kept = message.files.iter().filter(|_| kept).map(|file| file.name.clone());
                wrong.extend(limits::message(&json, &uploads, &kept.collect::<Vec<_>>()));
                if !wrong.is_empty() {
                    return Some(invalid(inner, &wrong));
                }
                inner.set(id, json, uploads);
                inner.messages.get_mut(&id).expect("it was there").edits += 1;
                inner.by_token(token).expect("it was there").waiting = false;
                Some((200, inner.messages[&id].json()))
            }
            "DELETE" => {
                inner.messages.get_mut(&id).expect("it was there").deleted = true;
                let interaction = inner.by_token(token).expect("it was there");
                interaction.original = None;
                Some((204, Value::Null))
            }
            _ => None,
        }
    }

    fn follow_up(&self, inner: &mut Inner, token: &str, headers: &HeaderMap, body: &[u8]) -> Said {
        if let Err(said) = alive(inner, token) {
            return said;
        }
        let (json, uploads) = match multipart::read(content_type(headers), body) {
            Ok(read) => read,
            Err(odd) => return invalid(inner, &[odd]),
        };
        let mut wrong = complaints(&self.schemas.follow_up, &json);
        wrong.extend(limits::message(&json, &uploads, &[]));
        if !wrong.is_empty() {
            return invalid(inner, &wrong);
        }
        let interaction = inner.by_token(token).expect("it was there");
        // While the first response still waits, a follow-up takes its place, as public or private as that was.
        let takes_place =
            interaction.original.filter(|_| interaction.waiting && interaction.response == Some(5));
        interaction.waiting = false;
        let id = if let Some(original) = takes_place {
            inner.set(original, json, uploads);
            original
        } else {
            let ephemeral = json["flags"].as_u64().unwrap_or_default() & EPHEMERAL != 0;
            let id = inner.post(token, json, uploads, ephemeral);
            inner.by_token(token).expect("it was there").follow_ups.push(id);
            id
        };
        (200, inner.messages[&id].json())
    }
}

/// The server, a channel or a member.
fn look(inner: &mut Inner, parts: &[&str]) -> Option<Said> {
    inner.looked_around += 1;
    let found = match parts {
        ["guilds", guild] => (guild.parse() == Ok(GUILD)).then(|| inner.guild.json()),
        ["guilds", _, "members", user] => inner.guild.member_json(user.parse().ok()?),
        ["channels", channel] => inner.guild.channel_json(channel.parse().ok()?),
        _ => return None,
    };
    Some(found.map_or_else(|| error(404, 10_003, "Unknown"), |json| (200, json)))
}

/// The message that `@original` stands for, when the token still lives.
fn alive(inner: &mut Inner, token: &str) -> Result<Option<u64>, Said> {
    let tokens_live = inner.tokens_live;
    let Some(interaction) = inner.by_token(token) else {
        inner.wrong("a token that nobody gave was used");
        return Err(error(404, 10_015, "Unknown Webhook"));
    };
    if interaction.dispatched.elapsed() > tokens_live {
        return Err(error(401, 50_027, "Invalid Webhook Token"));
    }
    if interaction.response.is_none() {
        if inner.post.is_some() {
            // The answer to the request may still be on its way.
            return Err(error(404, 10_015, "Unknown Webhook"));
        }
        inner.wrong("an interaction was answered before it was acknowledged");
        return Err(error(404, 10_015, "Unknown Webhook"));
    }
    Ok(interaction.original)
}

fn kind_of(method: &str, parts: &[&str]) -> Option<On> {
    match parts {
        ["gateway", ..] => Some(On::Gateway),
        ["interactions", ..] => Some(On::Acknowledge),
        ["webhooks", ..] => Some(On::Edit),
        ["applications", ..] => Some(On::Commands),
        ["channels", _, "messages"] if method == "GET" => Some(On::Past),
        ["channels", _, "messages"] => Some(On::Channel),
        ["channels", _, "messages", _] => Some(On::Change),
        ["oauth2", "token"] | ["users", "@me"] => Some(On::Login),
        ["guilds", ..] | ["channels", ..] | ["oauth2", ..] => Some(On::Look),
        _ => None,
    }
}

/// What this call meets before it is looked at.
fn faulty(inner: &mut Inner, method: &str, parts: &[&str]) -> Option<Fault> {
    let on = kind_of(method, parts)?;
    inner.tries_to_post += usize::from(on == On::Channel);
    inner.faults.meets(on, &parts.join("/")).unwrap_or_else(|early| {
        inner.wrong(early);
        Some(Fault::from(429))
    })
}

fn refused(method: &str, parts: &[&str], headers: &HeaderMap) -> Option<Said> {
    let on = kind_of(method, parts);
    let bot_only = [On::Gateway, On::Commands, On::Channel, On::Change, On::Past, On::Look];
    let needs_token = on.is_some_and(|on| bot_only.contains(&on)) && parts != ["gateway"];
    let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    (needs_token && given != format!("Bot {TOKEN}")).then(|| error(401, 0, "401: Unauthorized"))
}

pub fn content_type(headers: &HeaderMap) -> &str {
    headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

pub fn invalid(inner: &mut Inner, wrong: &[String]) -> Said {
    inner.wrong(wrong.join("; "));
    error(400, 50_035, "Invalid Form Body")
}

pub fn error(status: u16, code: u32, message: &str) -> Said {
    (status, json!({"code": code, "message": message}))
}

/// As Discord keeps a command: with ids, without what is the default.
fn kept_command(id: u64, command: &mut Value) {
    fn without_defaults(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let defaults = [("required", json!(false)), ("options", json!([]))];
                fields
                    .retain(|key, field| !defaults.iter().any(|(name, value)| key == name && field == value));
                fields.values_mut().for_each(without_defaults);
            }
            Value::Array(list) => list.iter_mut().for_each(without_defaults),
            _ => {}
        }
    }
    without_defaults(command);
    command["id"] = json!(id.to_string());
    command["application_id"] = json!(APPLICATION.to_string());
    command["version"] = json!(id.to_string());
    command["nsfw"] = json!(false);
    if command["description"].is_null() {
        command["description"] = json!("");
    }
    command["default_member_permissions"] = command["default_member_permissions"].clone();
}

/// Whether the bot calls, and not someone who logs in.
fn is_bot(headers: &HeaderMap) -> bool {
    headers.get("authorization").and_then(|value| value.to_str().ok()) == Some(&format!("Bot {TOKEN}"))
}
