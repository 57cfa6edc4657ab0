//! What is pressed, chosen and filled in: it outlives a restart, loses nothing that was typed, and pings nobody.

use crate::harness::Harness;
use crate::harness::seed;

/// Too long for a custom id, with letters that are not plain.
const LONG: &str =
    "Überprüfung der Warteschlangen mit dem ganzen Betriebsteam und den beiden Einkäufern in Köln";

#[tokio::test]
async fn what_can_be_pressed_works_after_a_restart() {
    let mut app = Harness::start().await;
    let endpoint = "/v1/an-endpoint/with-a-name-that-is-much-too-long-to-stand/in-a-custom-id/whole";
    let line = format!("/usage account:acme endpoint:{endpoint}");
    let first = app.discord().user("dana").types(&line).await;
    let form = app.discord().user("dana").types_for_form("/note account:acme").await;
    app.restart().await;
    let dana = app.discord().user("dana");
    let second = dana.presses(&first, "7 days").await;
    assert!(second.message == first.message && second.text.contains("last 7 days"), "{second}");
    assert!(second.text.contains("in-a-custom-id"), "the long line was kept: {second}");
    let third = dana.chooses(&second, "Metric", "Cost").await;
    assert!(third.message == first.message && third.text.contains("Cost"), "{third}");
    let noted = dana.submits(&form.write("Note", "Still here")).await;
    assert!(noted.text.contains("Still here"), "{noted}");
    app.finish().await;
}

#[tokio::test]
async fn a_choice_changes_the_message_for_its_asker_and_answers_others_alone() {
    let app = Harness::start().await;
    let (dana, mei) = (app.discord().user("dana"), app.discord().user("mei"));
    let first = dana.types("/usage account:acme range:30d").await;
    insta::assert_snapshot!(first);
    let second = dana.chooses(&first, "Metric", "Tokens").await;
    let marked = |shown: &crate::harness::discord::Shown| {
        shown.selects[0].options.iter().find(|one| one.marked).map(|one| one.label.clone())
    };
    assert_eq!((second.message, marked(&second).as_deref()), (first.message, Some("Tokens")), "{second}");
    let other = mei.chooses(&second, "Split", "By model").await;
    assert!(other.ephemeral && other.message != second.message, "{other}");
    let alone = dana.presses(&second, "Hide comparison").await;
    assert!(alone.text.contains("Tokens") && !alone.text.contains('▲'), "{alone}");
    assert!(alone.buttons.iter().any(|button| button.label == "Compare"), "{alone}");
    app.finish().await;
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page() {
    let mut app = Harness::start().await;
    let dana = app.discord().user("dana");
    for number in 1..=30 {
        let line = format!("/initiative add account:acme title:Step {number} of a long way");
        dana.types(&line).await;
    }
    let first = dana.types("/initiative list account:acme").await;
    assert!(first.button("◀ Previous").disabled && first.text.contains("more in the dashboard"), "{first}");
    app.restart().await;
    let dana = app.discord().user("dana");
    let mut page = dana.presses(&first, "Next ▶").await;
    insta::assert_snapshot!("second_page", page);
    let mut seen = first.text.clone() + &page.text;
    while !page.button("Next ▶").disabled {
        page = dana.presses(&page, "Next ▶").await;
        seen += &page.text;
    }
    assert!(page.message == first.message && page.text.contains(" of 31"), "{page}");
    let missing: Vec<usize> = (1..=30).filter(|n| !seen.contains(&format!("Step {n} "))).collect();
    assert!(missing.is_empty(), "{missing:?} stand on no page");
    let back = dana.presses(&page, "◀ Previous").await;
    assert!(!back.button("Next ▶").disabled, "{back}");
    app.finish().await;
}

#[tokio::test]
async fn a_note_is_written_in_a_form_and_stands_on_the_page() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let form = dana.types_for_form("/note account:acme").await;
    insta::assert_snapshot!(form);
    let noted = dana.submits(&form.write("Note", "Call them on Monday.\nAsk for Rae.")).await;
    insta::assert_snapshot!(noted);
    assert!(app.web().get("/accounts/acme").await.body.contains("Call them on Monday."));
    // In one line, and from a button, too.
    let line = dana.types("/note account:borealis text:Short and sweet").await;
    assert!(!line.ephemeral && line.text.contains("Short and sweet"), "{line}");
    let health = dana.types("/health account:acme").await;
    let again = dana.presses_for_form(&health, "Note…").await;
    assert_eq!(again.title, "Note — Acme");
    app.finish().await;
}

#[tokio::test]
async fn a_message_becomes_a_note_with_a_link_back() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let form = dana.uses_menu("Note to account…", "mei", "They want **weekly** numbers @everyone").await;
    assert!(
        form.field("Note").starts_with("They want **weekly** numbers @everyone\n— mei, https://discord.com/")
    );
    let lost = dana.submits(&form.write("Account", "acmee")).await;
    assert!(
        lost.ephemeral && lost.text.contains("Account") && lost.text.contains("The closest one"),
        "{lost}"
    );
    let form = dana.presses_for_form(&lost, "Open the form again").await;
    assert_eq!(form.field("Account"), "acmee");
    let noted = dana.submits(&form.write("Account", "acme")).await;
    assert!(!noted.ephemeral && noted.text.contains(r"\*\*weekly\*\*"), "{noted}");
    assert!(!noted.text.contains("@everyone"), "{noted}");
    let long = dana.uses_menu("Note to account…", "mei", &"word ".repeat(800)).await;
    assert!(long.field("Note").contains("word…\n— mei, https://discord.com/"));
    app.finish().await;
}

#[tokio::test]
async fn an_initiative_is_added_changed_and_closed_in_forms() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let list = dana.types("/initiative list account:acme").await;
    let form = dana.presses_for_form(&list, "New initiative…").await;
    insta::assert_snapshot!("form_of_a_new_initiative", form);
    let form = form.write("Title", LONG).write("Due", "31.12.2026").write("Expected revenue per year", "24k");
    let mistake = dana.submits(&form).await;
    insta::assert_snapshot!("mistake_in_a_form", mistake);
    let form = dana.presses_for_form(&mistake, "Open the form again").await;
    assert_eq!((form.field("Title"), form.field("Due")), (LONG, "31.12.2026"));
    let added = dana.submits(&form.write("Due", "2026-12-31")).await;
    assert!(!added.ephemeral && added.text.contains(LONG) && added.text.contains("31 Dec 2026"), "{added}");

    let form = dana.types_for_form("/initiative update id:ini-1").await;
    insta::assert_snapshot!("form_of_an_update", form);
    // Meanwhile somebody else makes it critical; what was not touched here does not undo that.
    app.discord().user("mei").types("/initiative update id:ini-1 priority:critical").await;
    let changed = dana.submits(&form.write("A line for its log", "Kick-off held").write("Due", "")).await;
    assert!(changed.text.contains("Kick-off held") && changed.text.contains("critical"), "{changed}");
    assert!(changed.text.contains("Due: 2026-05-01 → open."), "{changed}");

    let form = dana.presses_for_form(&changed, "Close…").await;
    let closed = dana.submits(&form.write("What came out of it", "Runs every night now")).await;
    assert!(closed.text.contains("Done: Runs every night now"), "{closed}");
    assert!(closed.buttons.iter().all(|button| button.label != "Close…"), "{closed}");
    app.finish().await;
}

#[tokio::test]
async fn a_score_is_set_by_hand_with_reason_and_last_day() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let form = dana.types_for_form("/override set account:acme").await;
    let form =
        form.write("Score", "55").write("Reason", "Their sponsor left").write("Last day", "2025-01-01");
    // Only found wrong after it was taken on.
    let mistake = dana.submits(&form).await;
    assert!(
        mistake.ephemeral && mistake.text.contains("Last day") && mistake.text.contains("passed"),
        "{mistake}"
    );
    let form = dana.presses_for_form(&mistake, "Open the form again").await;
    assert_eq!(form.field("Reason"), "Their sponsor left");
    let set = dana.submits(&form.write("Last day", "2026-05-01")).await;
    assert!(!set.ephemeral && set.text.contains("Their sponsor left"), "{set}");
    assert_eq!(app.discord().public_messages(), 1);
    app.finish().await;
}

#[tokio::test]
async fn who_may_not_write_opens_no_form() {
    let app =
        Harness::start_with(|settings| settings.members.others = Some(etsm::domain::Role::Viewer)).await;
    let dana = app.discord().user("dana");
    let told = dana.types("/note account:acme").await;
    assert!(told.ephemeral && told.text.contains("needs the role manager"), "{told}");
    let health = dana.types("/health account:acme").await;
    assert!(health.buttons.iter().all(|button| !button.label.ends_with('…')), "{health}");
    app.finish().await;
}

#[tokio::test]
async fn hostile_text_is_only_text_in_forms_selects_and_completions() {
    let app = Harness::start().await;
    let dana = app.discord().user("dana");
    let form = dana.types_for_form("/note account:hostile").await;
    assert!(form.title.starts_with("Note — @everyone <@1>") && !form.title.contains('\u{202e}'), "{form}");
    let text = format!("{} \u{202e}\u{200b} ``` {} 🦀\u{2066}", seed::HOSTILE_NAME, "x".repeat(200));
    let noted = dana.submits(&form.write("Note", &text)).await;
    let outside: String = noted.text.split("```").step_by(2).collect();
    for raw in ["@everyone", "<@1>", "](https://evil.invalid)", "**[win]", "\u{202e}", "||"] {
        assert!(!outside.contains(raw), "{raw} in {noted}");
    }
    let nul = dana.types_for_form("/note account:acme").await.write("Note", "a\0b");
    let told = dana.submits(&nul).await;
    assert!(told.ephemeral && told.text.contains("control character"), "{told}");
    let offered = dana.completes("/health account:every").await;
    assert!(
        !offered.is_empty() && offered.iter().all(|(label, _)| !label.contains('\u{202e}')),
        "{offered:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn completions_know_the_asker_and_the_account() {
    let app = Harness::start().await;
    let first = async |name: &'static str| {
        let offered = app.discord().user(name).completes("/health account:").await;
        offered.into_iter().next().map(|(_, value)| value)
    };
    assert_eq!(first("dana").await.as_deref(), Some("acme"));
    assert_eq!(first("Mei").await.as_deref(), Some("borealis"), "own accounts stand first");
    let dana = app.discord().user("dana");
    let endpoints = dana.completes("/usage account:borealis endpoint:").await;
    assert_eq!(endpoints, [("/v1/chat".to_owned(), "/v1/chat".to_owned())]);
    let days = dana.completes("/why account:acme since:").await;
    assert!(days.iter().any(|(label, _)| label.ends_with("a week ago")), "{days:?}");
    let due = dana.completes("/initiative update id:ini-1 due:").await;
    assert!(due.iter().any(|(label, _)| label.ends_with("in a month")), "{due:?}");
    app.finish().await;
}
