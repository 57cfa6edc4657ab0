//! The board of initiatives, and the forms that write something down.

use etsm::domain::Asker;
use etsm::domain::Audience;
use etsm::domain::InitiativeStatus;
use etsm::domain::Role;
use etsm::domain::Scope;
use reqwest::StatusCode;
use reqwest::header;

use super::browser::Browser;
use super::site::Site;

fn status(site: &Site, id: &str) -> InitiativeStatus {
    site.desk.snapshot().initiative(&id.parse().unwrap()).unwrap().status
}

async fn post(site: &Site, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    site.client.post(site.url(path)).form(fields).send().await.unwrap()
}

/// The cards of a lane, by their ids.
fn lane<'a>(html: &'a str, status: &str) -> Vec<&'a str> {
    let start = format!("data-lane=\"{status}\"");
    let lane = html.split(start.as_str()).nth(1).unwrap().split("</section>").next().unwrap();
    lane.split("data-card=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn a_card_is_moved_without_script_and_ends_as_in_chat() {
    let site = Site::open().await;
    let board = "/initiatives?view=board";
    assert_eq!(lane(&site.text(board).await, "active"), ["ini-1", "ini-2"]);
    let sent = post(&site, "/initiatives/ini-1/move", &[("status", "blocked"), ("back", board)]).await;
    assert_eq!(
        (sent.status(), &sent.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &board.parse().unwrap())
    );
    assert_eq!(lane(&site.text(board).await, "blocked"), ["ini-1"]);
    post(&site, "/initiatives/ini-1/move", &[("status", "done")]).await;
    assert_eq!(status(&site, "ini-1"), InitiativeStatus::Done);
    let log = site.text("/initiatives/ini-1").await;
    assert!(log.contains("Status: active → blocked.") && log.contains("Done."), "{log}");
    assert_eq!(lane(&site.text("/initiatives?view=board&account=acme").await, "active"), [""; 0]);
    // Nothing leads elsewhere, and nothing that is wrong passes.
    let away =
        post(&site, "/initiatives/ini-2/move", &[("status", "planned"), ("back", "//evil.invalid")]).await;
    assert_eq!(away.headers()[header::LOCATION], "/");
    assert_eq!(
        post(&site, "/initiatives/ini-2/move", &[("status", "gone")]).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        post(&site, "/initiatives/no/move", &[("status", "done")]).await.status(),
        StatusCode::NOT_FOUND
    );
    site.close().await;
}

#[tokio::test]
async fn whoever_may_only_look_sees_a_board_without_handles() {
    let viewer = Asker {
        person: "vera".parse().unwrap(),
        role: Role::Viewer,
        sees: Scope::All,
        changes: Scope::none(),
        audience: Audience::AskerOnly,
        way: etsm::domain::How::Terminal.into(),
    };
    let site = Site::open_to(Some(viewer), true).await;
    let html = site.text("/initiatives?view=board").await;
    assert!(!html.contains("<form class=\"board-move\"") && !html.contains("New initiative"));
    assert_eq!(
        post(&site, "/initiatives/ini-1/move", &[("status", "done")]).await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(site.get("/order?line=note+acme").await.status(), StatusCode::FORBIDDEN);
    assert_eq!(status(&site, "ini-1"), InitiativeStatus::Active);
    site.close().await;
}

#[tokio::test]
async fn a_form_writes_down_what_a_line_would_and_keeps_what_was_typed_when_it_cannot() {
    let site = Site::open().await;
    let form = site.text("/order?line=initiative+add+acme").await;
    for part in [
        "name=\"title\"",
        "type=\"date\" name=\"due\"",
        "<option value=\"critical\">",
        "New initiative — Acme",
    ] {
        assert!(form.contains(part), "{part}: {form}");
    }
    let typed = [
        ("line", "initiative add acme"),
        ("title", "<b>Pilot</b>"),
        ("due", "2020-01-01"),
        ("revenue", "24k"),
    ];
    let refused = post(&site, "/order", &typed).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused = refused.text().await.unwrap();
    assert!(refused.contains("has passed already") && refused.contains("value=\"24k\""), "{refused}");
    assert!(refused.contains("&#60;b&#62;Pilot"), "{refused}");
    let typed =
        [("line", "initiative add acme"), ("title", "Pilot"), ("due", "2026-06-01"), ("revenue", "24k")];
    let written = post(&site, "/order", &typed).await;
    assert_eq!(written.status(), StatusCode::SEE_OTHER);
    let page = site.text(written.headers()[header::LOCATION].to_str().unwrap()).await;
    assert!(page.contains("Pilot") && page.contains("$24,000"), "{page}");
    let note = post(&site, "/order", &[("line", "note acme"), ("text", "Called them")]).await;
    assert_eq!(note.status(), StatusCode::SEE_OTHER);
    assert!(site.text("/accounts/acme").await.contains("Called them"));
    assert_eq!(site.get("/order?line=usage+acme").await.status(), StatusCode::BAD_REQUEST);
    site.close().await;
}

#[tokio::test]
async fn a_card_moves_by_keys_and_by_hand() {
    let Some(mut browser) = Browser::start(1440, 900).await else { return };
    let site = Site::open().await;
    browser.open(&site.url("/initiatives?view=board")).await;
    browser.until("document.documentElement.dataset.live === 'on'").await;
    let card = "document.querySelector('[data-card=\"ini-1\"]')";
    browser.value(&format!("{card}.querySelector('.board-title a').focus()")).await;
    browser.presses("]").await;
    browser.until("document.querySelector('.board-told').innerText.includes('blocked. Undo')").await;
    assert_eq!(status(&site, "ini-1"), InitiativeStatus::Blocked);
    let focused =
        format!("{card}.contains(document.activeElement) && {card}.closest('[data-lane=blocked]') !== null");
    browser.until("document.querySelector('[data-lane=blocked] .lane-count').innerText === '1'").await;
    assert_eq!(browser.value(&focused).await, true);
    browser.value("document.querySelector('.board-told button').click()").await;
    browser.until("document.querySelector('[data-lane=active] .lane-count').innerText === '2'").await;
    assert_eq!(status(&site, "ini-1"), InitiativeStatus::Active);
    let drag = format!(
        "(() => {{ const data = new DataTransfer(); const to = document.querySelector('[data-lane=planned] h2'); \
         const fire = (node, name) => node.dispatchEvent(new DragEvent(name, {{ dataTransfer: data, bubbles: true, cancelable: true }})); \
         fire({card}, 'dragstart'); fire(to, 'dragover'); fire(to, 'drop'); fire({card}, 'dragend'); }})()"
    );
    browser.value(&drag).await;
    browser.until("document.querySelector('[data-lane=planned] .lane-count').innerText === '1'").await;
    assert_eq!(status(&site, "ini-1"), InitiativeStatus::Planned);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    site.close().await;
}
