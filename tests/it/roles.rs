//! Who may see and do what in Discord: roles of the server, scopes, and who reads along.

use etsm::config::MemberRole;
use etsm::config::MemberRules;
use etsm::config::Settings;
use etsm::domain::Claim;
use etsm::domain::Role;
use etsm::domain::Scope;

use crate::harness::Harness;
use crate::harness::discord::ADMINISTRATOR;
use crate::harness::discord::CHANNEL;
use crate::harness::discord::GUILD;
use crate::harness::discord::On;
use crate::harness::discord::VIEW;
use crate::harness::discord::Whom;

/// Looks at everything.
const VIEWERS: u64 = 1_100_000_000_000_000_010;
/// Looks after own accounts.
const MANAGERS: u64 = 1_100_000_000_000_000_011;
/// Looks at the accounts of mei.
const OF_MEI: u64 = 1_100_000_000_000_000_012;
/// A channel of its own.
const CLOSED: u64 = 1_100_000_000_000_000_020;
const THREAD: u64 = 1_100_000_000_000_000_021;

fn role(id: u64, role: Role, accounts: Scope, own: bool) -> MemberRole {
    MemberRole { id, role, accounts, own }
}

/// Viewers see all, managers their own accounts, others nothing. `dana` is known by the id of her user.
async fn started(others: Option<Role>) -> Harness {
    let change = |settings: &mut Settings| {
        let of_mei: Scope = [Claim::owner(&"mei".parse().unwrap())].into_iter().collect();
        settings.members = MemberRules {
            roles: vec![
                role(VIEWERS, Role::Viewer, Scope::All, false),
                role(MANAGERS, Role::Manager, Scope::none(), true),
                role(OF_MEI, Role::Manager, of_mei, false),
            ],
            others,
            administrators: false,
            people: std::collections::BTreeMap::new(),
        };
    };
    let mut app = Harness::prepare(change).await;
    let dana = app.discord().user("dana").id();
    app.settings_mut().members.people.insert(dana, "dana".parse().unwrap());
    for role in [VIEWERS, MANAGERS, OF_MEI] {
        app.discord().adds_role(role, 0);
    }
    app.run().await;
    app.discord().ready().await;
    app
}

#[tokio::test]
async fn an_account_out_of_scope_is_answered_like_one_that_does_not_exist() {
    let app = started(None).await;
    let dana = app.discord().user("dana").with_roles(&[MANAGERS]);
    let own = dana.types("/health account:acme").await;
    assert!(own.text.contains("Acme"), "{own}");
    let hidden = dana.types("/health account:borealis").await.text;
    let unknown = dana.types("/health account:nowhere").await.text;
    assert_eq!(hidden.replace("borealis", "nowhere"), unknown);
    assert!(dana.completes("/health account:bor").await.is_empty());
    let offered = dana.completes("/health account:").await;
    assert_eq!(offered.len(), 1, "{offered:?}");
    let portfolio = dana.types("/portfolio").await;
    assert!(!portfolio.text.contains("Borealis") && portfolio.text.contains("Acme"), "{portfolio}");
    let refused = dana.types("/initiative close id:ini-2 status:done").await;
    assert!(refused.ephemeral && refused.text.contains("I know no initiative"), "{refused}");
    // Of acme alone: 1,000 and 500 calls a day.
    assert!(portfolio.text.contains("45 k"), "{portfolio}");
    app.finish().await;
}

#[tokio::test]
async fn a_role_gives_what_it_names_and_nothing_else() {
    let app = started(None).await;
    let (dana, eve) = (app.discord().user("dana"), app.discord().user("eve").with_roles(&[VIEWERS]));
    let stranger = app.discord().user("stranger");
    let told = stranger.types("/health account:acme").await;
    assert!(told.ephemeral && told.text.contains("None of your roles"), "{told}");
    assert!(stranger.completes("/health account:ac").await.is_empty());

    let line = "/initiative add account:acme title:Pilot";
    let refused = eve.types(line).await;
    assert!(refused.ephemeral && refused.text.contains("needs the role manager"), "{refused}");
    let help = eve.types("/help").await;
    assert!(!help.text.contains("initiative add") && help.text.contains("initiative list"), "{help}");

    // Sees all, and writes about own accounts only.
    let dana = dana.with_roles(&[VIEWERS, MANAGERS]);
    let added = dana.types(line).await;
    assert!(added.text.contains("Pilot"), "{added}");
    let refused = dana.types("/initiative add account:borealis title:Pilot").await;
    assert!(refused.text.contains("look at borealis but not change it"), "{refused}");
    let refused = dana.types("/initiative close id:ini-2 status:done").await;
    assert!(refused.text.contains("not change it"), "{refused}");
    app.finish().await;
}

#[tokio::test]
async fn who_may_do_everything_in_the_server_is_an_admin_when_it_is_said() {
    let members = MemberRules { administrators: true, others: None, ..MemberRules::default() };
    let app = Harness::start_with(|settings| settings.members = members).await;
    app.discord().adds_role(VIEWERS, ADMINISTRATOR);
    let eve = app.discord().user("eve").with_roles(&[VIEWERS]);
    let shown = eve.types("/portfolio").await;
    // Everyone else in the channel may know nothing.
    assert!(shown.ephemeral && shown.text.contains("Acme"), "{shown}");
    app.discord().rules_channel(CLOSED, &[(Whom::Role(GUILD), false)]);
    assert!(!eve.in_channel(CLOSED).types("/portfolio").await.ephemeral);
    app.finish().await;
}

#[tokio::test]
async fn a_press_counts_with_the_rights_of_whoever_presses() {
    let app = started(Some(Role::Viewer)).await;
    app.discord().rules_channel(CHANNEL, &[(Whom::Role(GUILD), false), (Whom::Role(VIEWERS), true)]);
    let eve = app.discord().user("eve").with_roles(&[VIEWERS]);
    let shown = eve.types("/usage account:acme range:30d").await;
    assert!(!shown.ephemeral, "{shown}");
    let other = app.discord().user("fay").with_roles(&[OF_MEI]).presses(&shown, "7 days").await;
    assert!(other.ephemeral && other.text.contains("I know no account"), "{other}");
    app.finish().await;
}

#[tokio::test]
async fn a_form_tells_of_no_account_out_of_scope_and_writes_about_none() {
    let app = started(Some(Role::Viewer)).await;
    app.discord().rules_channel(CHANNEL, &[(Whom::Role(GUILD), false), (Whom::Role(VIEWERS), true)]);
    let dana = app.discord().user("dana").with_roles(&[MANAGERS]);
    let (hidden, unknown) = ("/note account:borealis", "/note account:nowhere");
    let form = dana.types_for_form(hidden).await;
    let same = dana.types_for_form(unknown).await;
    assert_eq!(form.to_string().replace("borealis", "nowhere"), same.to_string());
    let told = dana.submits(&form.write("Note", "Who is that?")).await.text;
    let same = dana.submits(&same.write("Note", "Who is that?")).await.text;
    assert!(told.contains("I know no account"), "{told}");
    assert_eq!(told.replace("borealis", "nowhere"), same);
    let told = dana.types("/initiative update id:ini-2").await;
    assert!(told.ephemeral && told.text.contains("I know no initiative"), "{told}");

    // Who may look at an account but not change it learns that before anything is typed.
    let dana = dana.with_roles(&[VIEWERS, MANAGERS]);
    let told = dana.types(hidden).await;
    assert!(told.ephemeral && told.text.contains("look at borealis but not change it"), "{told}");
    // A form that one may fill in opens by one's own rights alone.
    let health = dana.types("/health account:acme").await;
    let told = app.discord().user("fay").presses(&health, "Note…").await;
    assert!(told.ephemeral && told.text.contains("needs the role manager"), "{told}");
    let other = app.discord().user("mei").with_roles(&[OF_MEI]).presses_for_form(&health, "Note…").await;
    assert_eq!((other.title.as_str(), other.field("Account")), ("Note", "acme"));
    app.finish().await;
}

#[tokio::test]
async fn a_form_answers_in_private_where_not_all_may_read() {
    let app = started(None).await;
    app.discord().rules_channel(CHANNEL, &[(Whom::Role(GUILD), true)]);
    let dana = app.discord().user("dana").with_roles(&[MANAGERS]);
    let form = dana.types_for_form("/note account:acme").await;
    let noted = dana.submits(&form.write("Note", "Not for everyone")).await;
    assert!(noted.ephemeral && noted.text.contains("Only you see this"), "{noted}");
    app.finish().await;
}

#[tokio::test]
async fn a_reply_is_public_only_where_all_who_read_may_know() {
    let app = started(None).await;
    let eve = app.discord().user("eve").with_roles(&[VIEWERS]);
    let hushed = eve.types("/health account:acme").await;
    assert!(hushed.ephemeral && hushed.text.contains("not everyone who can read this channel"), "{hushed}");

    let closed = [(Whom::Role(GUILD), false), (Whom::Role(VIEWERS), true)];
    app.discord().rules_channel(CLOSED, &closed);
    app.discord().opens_thread(THREAD, CLOSED, false);
    app.discord().opens_thread(THREAD + 1, CLOSED, true);
    let eve = eve.in_channel(CLOSED);
    let public = eve.types("/portfolio").await;
    assert!(!public.ephemeral && !public.text.contains("Only you see this"), "{public}");
    let eve = eve.in_channel(THREAD);
    assert!(!eve.types("/portfolio").await.ephemeral);
    let eve = eve.in_channel(THREAD + 1);
    assert!(eve.types("/portfolio").await.ephemeral);

    // Opened to those who know mei's accounts only: what is told of these is public, the rest is not.
    app.discord().rules_channel(CLOSED + 5, &[closed[0], closed[1], (Whom::Role(OF_MEI), true)]);
    let eve = eve.in_channel(CLOSED + 5);
    assert!(!eve.types("/health account:borealis").await.ephemeral);
    assert!(eve.types("/health account:acme").await.ephemeral);
    assert!(eve.types("/portfolio").await.ephemeral);
    let fay = app.discord().user("fay").with_roles(&[OF_MEI]).in_channel(CLOSED + 5);
    let own = fay.types("/portfolio").await;
    assert!(!own.ephemeral && !own.text.contains("Acme"), "{own}");

    // A guest of the channel who may know nothing.
    let guest = app.discord().user("guest").with_roles(&[]).id();
    app.discord().rules_channel(CLOSED + 6, &[closed[0], closed[1], (Whom::Member(guest), true)]);
    assert!(eve.in_channel(CLOSED + 6).types("/portfolio").await.ephemeral);
    app.finish().await;
}

#[tokio::test]
async fn what_is_for_the_asker_alone_does_not_change_a_message_that_others_read() {
    let app = started(None).await;
    app.discord().rules_channel(CHANNEL, &[(Whom::Role(GUILD), false), (Whom::Role(VIEWERS), true)]);
    let eve = app.discord().user("eve").with_roles(&[VIEWERS]);
    let shown = eve.types("/usage account:acme range:30d").await;
    assert!(!shown.ephemeral, "{shown}");
    // While a look is kept, the channel is opened: the next look sees it.
    app.discord().rules_channel(CLOSED, &[]);
    app.discord().adds_role(VIEWERS, VIEW);
    let eve = eve.in_channel(CLOSED);
    let pressed = eve.presses(&shown, "7 days").await;
    assert!(pressed.ephemeral && pressed.message != shown.message, "{pressed}");
    let again = eve.presses(&pressed, "90 days").await;
    assert!(again.message == pressed.message && again.ephemeral, "{again}");
    app.finish().await;
}

#[tokio::test]
async fn when_discord_does_not_tell_who_reads_the_asker_alone_sees_the_answer() {
    let mut app = started(None).await;
    app.discord().rules_channel(CHANNEL, &[(Whom::Role(GUILD), false), (Whom::Role(VIEWERS), true)]);
    app.discord().fails(On::Look, 403);
    let eve = app.discord().user("eve").with_roles(&[VIEWERS]);
    let hushed = eve.types("/health account:acme").await;
    assert!(hushed.ephemeral && hushed.text.contains("could not find out who"), "{hushed}");
    assert!(!eve.types("/health account:acme").await.ephemeral, "a failure is not kept");
    app.expect_warning("Discord did not tell who reads a channel");
    app.finish().await;
}

#[tokio::test]
async fn where_all_may_know_all_discord_is_not_asked() {
    let app = Harness::start().await;
    assert!(!app.discord().user("dana").types("/health account:acme").await.ephemeral);
    assert_eq!(app.discord().looked_around(), 0);
    app.finish().await;
}
