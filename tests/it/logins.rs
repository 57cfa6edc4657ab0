//! Who is let in to the dashboard: logins, links from chat, sessions, keys, and what every route asks for.

use std::collections::BTreeSet;

use etsm::config::MemberRole;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::domain::Claim;
use etsm::domain::Clock as _;
use etsm::domain::Role;
use etsm::domain::Scope;
use etsm::store::ApiKey;
use etsm::store::KeyScope;
use jiff::SignedDuration;

use crate::harness::Harness;
use crate::harness::Visitor;
use crate::harness::discord::CLIENT_SECRET;
use crate::harness::discord::Fault;
use crate::harness::discord::On;
use crate::harness::seed;

/// Looks at everything.
pub const VIEWERS: u64 = 1_100_000_000_000_000_010;
/// Looks at the accounts of mei.
const OF_MEI: u64 = 1_100_000_000_000_000_012;
/// Runs it.
pub const ADMINS: u64 = 1_100_000_000_000_000_013;

fn role(id: u64, role: Role, accounts: Scope) -> MemberRole {
    MemberRole { id, role, accounts, own: false }
}

fn with_login(settings: &mut Settings) {
    let of_mei: Scope = [Claim::owner(&"mei".parse().unwrap())].into_iter().collect();
    settings.members = MemberRules {
        roles: vec![
            role(VIEWERS, Role::Viewer, Scope::All),
            role(OF_MEI, Role::Manager, of_mei),
            role(ADMINS, Role::Admin, Scope::All),
        ],
        others: None,
        administrators: false,
        people: std::collections::BTreeMap::new(),
    };
    settings.discord.as_mut().unwrap().client_secret = Some(CLIENT_SECRET.to_owned().into());
}

pub async fn started() -> Harness {
    let app = Harness::start_with(with_login).await;
    for role in [VIEWERS, OF_MEI, ADMINS] {
        app.discord().adds_role(role, 0);
    }
    app
}

/// Begins a login and agrees on Discord's page; the address to which Discord sends the browser back.
pub async fn agreed(app: &Harness, visitor: &Visitor, name: &str, to: &str) -> String {
    let begun = visitor.get(&format!("/auth/login?to={to}")).await;
    assert_eq!(begun.status, 303, "{begun:?}");
    format!("/auth/callback?{}", app.discord().user(name).logs_in(&begun.to))
}

pub async fn logged_in(app: &Harness, name: &str, roles: &[u64]) -> Visitor {
    app.discord().user(name).with_roles(roles);
    let visitor = app.visitor();
    let back = agreed(app, &visitor, name, "/").await;
    let entered = visitor.get(&back).await;
    assert_eq!((entered.status, entered.to.as_str()), (303, "/"), "{entered:?}");
    visitor
}

#[tokio::test]
async fn a_member_logs_in_lands_where_they_wanted_and_logs_out() {
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    let visitor = app.visitor();
    let shut = visitor.get("/accounts/acme/usage?range=7d").await;
    assert_eq!(shut.status, 401);
    assert!(shut.body.contains("/auth/login?to=%2Faccounts%2Facme%2Fusage%3Frange%3D7d"), "{}", shut.body);
    assert!(!shut.body.contains("Acme"));
    let back = agreed(&app, &visitor, "dana", "%2Faccounts%2Facme%2Fusage%3Frange%3D7d").await;
    let entered = visitor.get(&back).await;
    assert_eq!((entered.status, entered.to.as_str()), (303, "/accounts/acme/usage?range=7d"));
    for part in ["__Host-etsm=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(entered.cookies[0].contains(part), "{}", entered.cookies[0]);
    }
    let page = visitor.get(&entered.to).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Acme") && page.body.contains("Log out"));
    let jar = visitor.jar();
    assert_eq!(visitor.post("/auth/logout").await.status, 303);
    assert_eq!(visitor.get("/").await.status, 401);
    // Also for whoever copied the cookie.
    visitor.takes(jar);
    assert_eq!(visitor.get("/").await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn a_login_serves_the_browser_that_began_it_once() {
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    let (hers, other) = (app.visitor(), app.visitor());
    let back = agreed(&app, &hers, "dana", "/").await;
    assert_eq!(other.get(&back).await.status, 403);
    // Swapped between two logins of one browser.
    let state = back.split("state=").nth(1).unwrap();
    let second = agreed(&app, &other, "dana", "/").await;
    let swapped = format!("{}state={state}", second.split("state=").next().unwrap());
    assert_eq!(other.get(&swapped).await.status, 403);
    assert_eq!(hers.get(&back).await.status, 303);
    assert_eq!(hers.get(&back).await.status, 403, "a code serves once");
    let late = agreed(&app, &other, "dana", "/").await;
    app.clock().advance(SignedDuration::from_mins(11));
    assert_eq!(other.get(&late).await.status, 403);
    assert_eq!(other.get("/auth/callback?error=access_denied&state=x").await.status, 403);
    assert_eq!(app.discord().exchanged(), 1);
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_led_elsewhere_after_a_login() {
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    for to in
        ["https:%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%0d%0aset-cookie:x"]
    {
        let visitor = app.visitor();
        let back = agreed(&app, &visitor, "dana", to).await;
        assert_eq!(visitor.get(&back).await.to, "/", "{to}");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_outage_is_neither_a_yes_nor_a_no() {
    let app = started().await;
    app.discord().user("dana").with_roles(&[VIEWERS]);
    for fault in [Fault::Html(502), Fault::Garbage, Fault::Reset, Fault::Code(500, 0)] {
        let visitor = app.visitor();
        let back = agreed(&app, &visitor, "dana", "/").await;
        app.discord().fails(On::Login, fault);
        let said = visitor.get(&back).await;
        assert_eq!(said.status, 503, "{fault:?}: {}", said.body);
        assert_eq!(visitor.get("/").await.status, 401);
    }
    app.finish().await;
}

#[tokio::test]
async fn who_is_no_member_or_has_no_role_stays_outside() {
    let app = started().await;
    let stranger = app.visitor();
    let back = agreed(&app, &stranger, "stranger", "/").await;
    let said = stranger.get(&back).await;
    assert_eq!(said.status, 403);
    assert!(said.body.contains("no member of the server"), "{}", said.body);
    app.discord().user("guest").with_roles(&[]);
    let guest = app.visitor();
    let back = agreed(&app, &guest, "guest", "/").await;
    let said = guest.get(&back).await;
    assert!(said.status == 403 && said.body.contains("None of your roles"), "{}", said.body);
    assert_eq!(guest.get("/").await.status, 401);
    app.finish().await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_within_seconds() {
    let app = started().await;
    let visitor = logged_in(&app, "dana", &[OF_MEI]).await;
    assert_eq!(visitor.get("/accounts/borealis").await.status, 200);
    assert_eq!(visitor.get("/accounts/acme").await.status, 404, "out of scope is out of sight");
    app.discord().user("dana").with_roles(&[]);
    app.clock().advance(SignedDuration::from_secs(11));
    assert_eq!(visitor.get("/accounts/borealis").await.status, 403);
    app.finish().await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_or_seven_days() {
    let app = started().await;
    let idle = logged_in(&app, "dana", &[VIEWERS]).await;
    app.clock().advance(SignedDuration::from_hours(11));
    assert_eq!(idle.get("/").await.status, 200);
    app.clock().advance(SignedDuration::from_hours(11));
    assert_eq!(idle.get("/").await.status, 200);
    app.clock().advance(SignedDuration::from_hours(12));
    assert_eq!(idle.get("/").await.status, 401);
    let busy = logged_in(&app, "dana", &[VIEWERS]).await;
    let mut seen = 0;
    while busy.get("/").await.status == 200 {
        seen += 1;
        app.clock().advance(SignedDuration::from_hours(8));
    }
    assert_eq!(seen, 7 * 24 / 8);
    app.finish().await;
}

#[tokio::test]
async fn an_operator_ends_sessions() {
    let app = started().await;
    let visitor = logged_in(&app, "dana", &[VIEWERS]).await;
    assert_eq!(visitor.get("/").await.status, 200);
    let beside = app.beside().await;
    let sessions = beside.store().sessions().await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(beside.store().end_session(&sessions[0].fingerprint, &seed::act()).await.unwrap());
    beside.store().close().await;
    app.clock().advance(SignedDuration::from_secs(4));
    assert_eq!(visitor.get("/").await.status, 401);
    app.finish().await;
}

pub fn own_path(link: &str) -> String {
    link.strip_prefix("https://etsm.example.com").unwrap().to_owned()
}

#[tokio::test]
async fn a_link_from_chat_opens_once_by_its_button_and_previews_spend_nothing() {
    let app = started().await;
    let dana = app.discord().user("dana").with_roles(&[OF_MEI]);
    let login = dana.types("/login").await;
    assert!(login.ephemeral, "{login}");
    let path = own_path(login.link());
    assert!(path.starts_with("/l/"), "{path}");
    let preview = app.visitor();
    for _ in 0..3 {
        let page = preview.get(&path).await;
        assert!(page.status == 200 && page.cookies.is_empty());
        assert!(!page.body.contains("Borealis") && !page.body.contains("dana"));
    }
    let visitor = app.visitor();
    let opened = visitor.post(&path).await;
    assert_eq!((opened.status, opened.to.as_str()), (303, "/"));
    assert_eq!(visitor.get("/accounts/borealis").await.status, 200);
    assert_eq!(visitor.get("/accounts/acme").await.status, 404);
    let second = app.visitor().post(&path).await;
    assert!(second.status == 403 && second.body.contains("used already"), "{}", second.body);
    app.finish().await;
}

#[tokio::test]
async fn only_a_private_reply_carries_a_pass() {
    let app = started().await;
    let dana = app.discord().user("dana").with_roles(&[VIEWERS]);
    app.discord().rules_channel(
        crate::harness::discord::CHANNEL,
        &[
            (crate::harness::discord::Whom::Role(crate::harness::discord::GUILD), false),
            (crate::harness::discord::Whom::Role(VIEWERS), true),
        ],
    );
    let aloud = dana.types("/usage account:acme").await;
    assert!(!aloud.ephemeral && own_path(aloud.link()).starts_with("/accounts/acme/usage"), "{aloud}");
    let alone = dana.types("/help").await;
    assert!(alone.ephemeral && own_path(alone.link()).starts_with("/l/"), "{alone}");
    app.finish().await;
}

#[tokio::test]
async fn a_link_gives_no_more_than_its_bearer_may_when_it_is_used() {
    let app = started().await;
    let dana = app.discord().user("dana").with_roles(&[VIEWERS]);
    let path = own_path(dana.types("/login").await.link());
    app.discord().user("dana").with_roles(&[]);
    assert_eq!(app.visitor().post(&path).await.status, 403);
    // What was refused is not spent.
    app.discord().user("dana").with_roles(&[VIEWERS]);
    app.clock().advance(SignedDuration::from_secs(11));
    let visitor = app.visitor();
    assert_eq!(visitor.post(&path).await.status, 303);
    let late = own_path(dana.types("/login").await.link());
    app.clock().advance(SignedDuration::from_mins(10));
    let said = app.visitor().post(&late).await;
    assert!(said.status == 403 && said.body.contains("has run out"), "{}", said.body);
    let forged = app.visitor().post("/l/eyJ1c2VyIjoxfQ.AAAA").await;
    assert!(forged.status == 403 && forged.body.contains("not one of ours"), "{}", forged.body);
    app.finish().await;
}

#[tokio::test]
async fn a_key_opens_what_it_was_made_for_until_it_is_revoked() {
    let app = started().await;
    let beside = app.beside().await;
    let key = |name: &str, scope: KeyScope| ApiKey {
        name: name.into(),
        scopes: BTreeSet::from([scope]),
        source: None,
        made_by: "dana".into(),
        made: app.clock_of_all().now(),
        used: None,
        revoked: None,
    };
    let (reads, sends) = (etsm::access::Token::random(), etsm::access::Token::random());
    for (name, scope, token) in [("bi", KeyScope::Read, &reads), ("push", KeyScope::Ingest, &sends)] {
        assert!(
            beside
                .store()
                .add_api_key(&key(name, scope), token.fingerprint().as_str(), &seed::act())
                .await
                .unwrap()
        );
    }
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |shown: Option<String>, path: &str| {
        let request = client.get(format!("{}{path}", app.address()));
        let request = match shown {
            Some(shown) => request.header("authorization", shown),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let bearer = |token: &etsm::access::Token| Some(format!("Bearer etsm_{}", token.reveal()));
    let (status, body) = ask(None, "/api/v1/portfolio").await;
    assert!(status == 401 && body.contains("etsm key add"), "{body}");
    assert_eq!(ask(bearer(&reads), "/api/v1/portfolio").await.0, 200);
    assert_eq!(ask(bearer(&sends), "/api/v1/portfolio").await.0, 403);
    assert_eq!(ask(Some("Bearer etsm_guess".into()), "/api/v1/portfolio").await.0, 401);
    assert_eq!(ask(Some("Basic YTpi".into()), "/api/v1/portfolio").await.0, 401);
    assert_eq!(ask(bearer(&reads), "/").await.0, 401, "a key opens no pages");
    assert!(beside.store().revoke_api_key("bi", &seed::act()).await.unwrap());
    assert_eq!(ask(bearer(&reads), "/api/v1/portfolio").await.0, 401);
    beside.store().close().await;
    app.finish().await;
}

#[tokio::test]
async fn only_an_admin_opens_the_pages_of_administration() {
    let app = started().await;
    let viewer = logged_in(&app, "dana", &[VIEWERS]).await;
    assert_eq!(viewer.get("/admin/replay").await.status, 403);
    let admin = logged_in(&app, "mei", &[ADMINS]).await;
    assert_eq!(admin.get("/admin/replay").await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn without_a_login_a_link_leads_to_its_page_all_the_same() {
    let app = Harness::start().await;
    let link = app.terminal().run(&["link", "usage acme range:7d", "--as", "visitor"]).await;
    let path = link.trim().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    // A link is made by the clock of the machine.
    app.clock().set(&etsm::domain::SystemClock.now().to_string());
    let visitor = app.visitor();
    assert_eq!(visitor.get(&path).await.status, 200);
    let opened = visitor.post(&path).await;
    assert_eq!((opened.status, opened.to.as_str()), (303, "/accounts/acme/usage?range=7d"));
    assert_eq!(visitor.get(&opened.to).await.status, 200);
    assert_eq!(visitor.post(&path).await.status, 403, "once");
    assert_eq!(visitor.get("/auth/login").await.status, 403);
    app.finish().await;
}
