//! `/l/{token}`: a pass from chat. Looking at it spends nothing and shows nothing; only its button opens a session.

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::access::Pass;
use crate::access::Share;
use crate::domain::Asker;
use crate::domain::SecurityKind;
use crate::web::page::Frame;
use crate::web::page::page;
use crate::web::seat::Knock;
use crate::web::state::WebState;

use super::login::see_other;
use super::own_path::OwnPath;
use super::share;
use super::{Doors, Shut};

#[derive(Template)]
#[template(path = "pages/pass.html")]
struct PassPage {
    frame: Frame,
    token: String,
}

/// The page with its one button. Previews of chat programs open it too, so it says nothing of what is behind it, unless
/// whoever made the pass let them show its chart.
pub(crate) async fn show(
    State(state): State<WebState>,
    Path(token): Path<String>,
    knock: Knock,
) -> Result<Response, Shut> {
    let (_, pass) = read(&state, &token, &knock)?;
    let mut frame = Frame::outside(&state, "Open etsm");
    if let Some(line) = pass.pictured {
        let shown = share::preview(&state, &Share { bearer: pass.bearer, line, ends: pass.ends }).await;
        frame.preview = shown.or(frame.preview);
    }
    Ok(page(&PassPage { frame, token }))
}

/// Spends the pass, opens a session, and leads to what the link was of.
pub(crate) async fn spend(
    State(state): State<WebState>,
    Path(token): Path<String>,
    knock: Knock,
    headers: HeaderMap,
) -> Result<Response, Shut> {
    let (doors, pass) = read(&state, &token, &knock)?;
    let now = state.desk.clock().now();
    let asker = doors.asker(&pass.bearer).await?;
    let asker = Asker { way: knock.way, ..(*asker).clone() };
    if !doors.store.use_pass(pass.fingerprint().as_str(), pass.ends, now).await? {
        doors.refuse(SecurityKind::LinkRefused, &knock.address);
        return Err(Shut::NotAllowed("This link was used already. Ask for a new one in chat.".into()));
    }
    let cookie = doors.begin(pass.bearer, &headers, &asker).await?;
    Ok(see_other(&OwnPath::read(&pass.path), [cookie]))
}

fn read<'a>(state: &'a WebState, token: &str, knock: &Knock) -> Result<(&'a Doors, Pass), Shut> {
    let doors = &state.entry.doors;
    let pass = doors.seal.read(token, state.desk.clock().now());
    pass.map(|pass| (&**doors, pass)).map_err(|bad| {
        metrics::counter!("etsm_links_refused_total").increment(1);
        doors.refuse(SecurityKind::LinkRefused, &knock.address);
        let words = bad.to_string();
        Shut::NotAllowed(format!("{}{}.", words[..1].to_uppercase(), &words[1..]))
    })
}
