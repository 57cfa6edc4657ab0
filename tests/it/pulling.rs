//! Usage and cost that is asked of Anthropic: what the far side holds is what is answered, whatever happens on the way.

use std::collections::BTreeMap;
use std::time::Duration;

use etsm::config::AnthropicSource;
use etsm::config::Environment;
use etsm::config::Settings;
use etsm::domain::Money;
use etsm::store::SourceCourse;
use etsm::store::Store;
use jiff::SignedDuration;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::harness::Harness;
use crate::harness::organisation::FakeOrganisation;
use crate::harness::organisation::Statement;
use crate::harness::organisation::Trouble;

const RULES: &str = "[sources.anthropic]\nhistory = \"40d\"\n\
    [[sources.anthropic.accounts]]\naccount = \"orbit\"\nworkspace = \"wrkspc_1\"\n\
    [[sources.anthropic.accounts]]\naccount = \"lumen\"\nworkspace_name = \"Lumen *\"\n";

/// The program with an organisation that it asks.
struct World {
    app: Harness,
    far: FakeOrganisation,
    store: Store,
}

fn hour(ago: i64) -> String {
    let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
    (now - SignedDuration::from_hours(ago)).to_string()
}

/// Forty days of three workspaces; more than a page can hold.
fn forty_days() -> Vec<Statement> {
    let mut all = Vec::new();
    for ago in 2..24 * 40 {
        let size = u64::try_from(ago % 7 + 1).unwrap();
        all.push(Statement::of(&hour(ago), "wrkspc_1", "claude-sonnet-5-5", 3 * size));
        all.push(Statement::of(&hour(ago), "wrkspc_1", "claude-sonnet-5-5", size).by_key("apikey_2"));
        if ago % 3 == 0 {
            all.push(Statement::of(&hour(ago), "wrkspc_2", "claude-haiku-5-5", size));
        }
    }
    all.push(Statement { product: None, model: None, ..Statement::of(&hour(5), "wrkspc_2", "x", 2) });
    all
}

impl World {
    /// Runs over what the organisation holds, until it was asked once.
    async fn start(rules: &str, statements: Vec<Statement>) -> Self {
        Self::start_with(rules, statements, |_far| {}).await
    }

    async fn start_with(
        rules: &str,
        statements: Vec<Statement>,
        prepare: impl FnOnce(&FakeOrganisation),
    ) -> Self {
        let mut app = Harness::prepare(|_settings| {}).await;
        let far = FakeOrganisation::start(app.clock_of_all()).await;
        far.workspace("wrkspc_1", "Orbit", &[]);
        far.workspace("wrkspc_2", "Lumen Production", &[]);
        far.holds(statements);
        prepare(&far);
        app.settings_mut().anthropic_source = Some(far.source(rules));
        let store = Store::open_dir(app.folder()).await.unwrap();
        app.run().await;
        app.discord().ready().await;
        let world = Self { app, far, store };
        world.asked().await;
        world
    }

    /// Waits until the source was asked at the present time.
    async fn asked(&self) -> SourceCourse {
        let now = self.app.clock_of_all().now();
        let asked = async {
            loop {
                let courses = self.store.source_courses().await.unwrap();
                if let Some(course) = courses.into_iter().find(|course| course.tried >= now) {
                    return course;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), asked).await.expect("it is asked")
    }

    /// Time passes, and the source is asked again.
    async fn later(&self, hours: i64) -> SourceCourse {
        self.app.clock().advance(SignedDuration::from_hours(hours));
        self.asked().await
    }

    /// Starts again with other rules, after a while.
    async fn restart(&mut self, source: AnthropicSource) {
        self.app.clock().advance(SignedDuration::from_hours(1));
        self.app.settings_mut().anthropic_source = Some(source);
        self.app.restart().await;
        self.asked().await;
    }

    /// Calls, tokens and cost in micro-units of an account over all time, as the API tells.
    async fn told(&self, account: &str) -> (u64, u64, i64) {
        let (calls, tokens, cost) = (
            self.total(account, "calls").await,
            self.total(account, "tokens").await,
            self.total(account, "cost").await,
        );
        (calls.as_u64().unwrap(), tokens.as_u64().unwrap(), (cost.as_f64().unwrap() * 1e6).round() as i64)
    }

    async fn total(&self, account: &str, metric: &str) -> Value {
        let path = format!("/api/v1/usage?account={account}&from=2026-01-01&grain=week&metric={metric}");
        let page = self.app.web().get(&path).await;
        let json: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!(page.status, 200, "{json}");
        json["total"].clone()
    }

    /// The same as the far side holds it, of the workspaces.
    fn held(&self, workspaces: &[&str]) -> (u64, u64, i64) {
        self.held_before(workspaces, Timestamp::MAX)
    }

    fn held_before(&self, workspaces: &[&str], end: Timestamp) -> (u64, u64, i64) {
        let fits = |one: &Statement| one.at < end && workspaces.contains(&one.workspace.as_deref().unwrap());
        let all: Vec<Statement> = self.far.truth().into_iter().filter(fits).collect();
        let cents: Decimal = all.iter().map(|one| one.cents).sum();
        let money = Money::from_decimal(cents / Decimal::ONE_HUNDRED).unwrap();
        let sum = |of: fn(&Statement) -> u64| all.iter().map(of).sum();
        (sum(|one| one.requests), sum(Statement::total), money.micros)
    }

    async fn finish(self) {
        self.store.close().await;
        self.app.finish().await;
        self.far.finish();
    }
}

#[tokio::test]
async fn what_the_far_side_holds_is_what_is_answered_to_the_cent() {
    let world = World::start(RULES, forty_days()).await;
    assert_eq!(world.told("orbit").await, world.held(&["wrkspc_1"]));
    assert_eq!(world.told("lumen").await, world.held(&["wrkspc_2"]));
    let course = world.store.source_courses().await.unwrap().remove(0);
    assert_eq!((course.trouble(), course.watermark), (None, Some("2026-03-31T11:00:00Z".parse().unwrap())));
    let said = world.app.web().chat("usage lumen by:endpoint range:90d").await.body;
    assert!(said.contains("messages_api") && said.contains("other"), "{said}");
    world.finish().await;
}

#[tokio::test]
async fn old_hours_are_restated_and_never_added_to() {
    let world = World::start(RULES, forty_days()).await;
    // One hour grew, one was given to another key, one came to nothing, and new ones came.
    world.far.holds([Statement::of(&hour(30), "wrkspc_1", "claude-sonnet-5-5", 999)]);
    world.far.forgets(|one| one.at == hour(40).parse::<Timestamp>().unwrap());
    world
        .far
        .forgets(|one| one.workspace.as_deref() == Some("wrkspc_2") && one.at > hour(20).parse().unwrap());
    world.far.holds([Statement::of(&hour(0), "wrkspc_2", "claude-opus-5-5", 7)]);
    world.later(3).await;
    assert_eq!(world.told("orbit").await, world.held(&["wrkspc_1"]));
    assert_eq!(world.told("lumen").await, world.held(&["wrkspc_2"]));
    let before = world.store.counts().await.unwrap();
    world.later(1).await;
    assert_eq!(world.store.counts().await.unwrap(), before, "the same again adds nothing");
    world.finish().await;
}

#[tokio::test]
async fn what_no_rule_names_is_kept_and_listed_and_moves_when_one_does() {
    let world = World::start("[sources.anthropic]\nhistory = \"40d\"\n", forty_days()).await;
    assert_eq!(world.told("anthropic:wrkspc_1").await, world.held(&["wrkspc_1"]));
    let unmapped = world.store.unmapped().await.unwrap();
    let holders: Vec<&str> = unmapped.iter().map(|(_, one)| one.holder.as_str()).collect();
    assert_eq!(holders, ["workspace wrkspc_1", "workspace wrkspc_2"]);
    let status = world.app.web().get("/status").await.body;
    assert!(status.contains("workspace wrkspc_1") && status.contains("and one other"), "{status}");
    assert!(status.contains("Lumen Production") && status.contains("Not mapped"), "{status}");
    let mut world = world;
    let source = world.far.source(RULES);
    world.restart(source).await;
    assert_eq!(world.told("orbit").await, world.held(&["wrkspc_1"]));
    assert_eq!(world.told("lumen").await, world.held(&["wrkspc_2"]));
    assert_eq!(world.told("anthropic:wrkspc_1").await, (0, 0, 0));
    assert!(world.store.unmapped().await.unwrap().is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_key_splits_a_workspace_and_a_tag_names_an_account() {
    let rules = "[sources.anthropic]\nhistory = \"40d\"\n\
        [[sources.anthropic.accounts]]\naccount = \"orbit-batch\"\nworkspace = \"wrkspc_1\"\napi_key = \"apikey_2\"\n\
        [[sources.anthropic.accounts]]\naccount = \"orbit\"\nworkspace = \"wrkspc_1\"\n";
    let mut statements = forty_days();
    statements.push(Statement::of(&hour(3), "wrkspc_3", "claude-haiku-5-5", 11));
    let prepare = |far: &FakeOrganisation| far.workspace("wrkspc_3", "Any", &[("etsm_account", "hooli")]);
    let world = World::start_with(rules, statements, prepare).await;
    let (batch, rest, all) =
        (world.told("orbit-batch").await, world.told("orbit").await, world.held(&["wrkspc_1"]));
    assert_eq!((batch.0 + rest.0, batch.1 + rest.1, rest.0), (all.0, all.1, 3 * batch.0));
    assert_eq!(world.told("hooli").await, world.held(&["wrkspc_3"]));
    world.finish().await;
}

#[tokio::test]
async fn each_trouble_is_told_with_its_remedy_and_harms_nothing() {
    let mut world = World::start(RULES, forty_days()).await;
    let before = (world.told("orbit").await, world.told("lumen").await);
    let soon = ("retry-after-ms", "5");
    let again = |trouble: Trouble| vec![trouble.header(soon.0, soon.1); 3];
    let rounds: Vec<(Vec<Trouble>, &str)> = vec![
        (vec![Trouble::says(401, "authentication_error")], "must be an Admin API key (sk-ant-admin…)"),
        (vec![Trouble::says(403, "permission_error").code("api_key_scope_missing")], "scope read:analytics"),
        (again(Trouble::says(529, "overloaded_error")), "it is overloaded"),
        (again(Trouble::says(500, "api_error")), "it has a fault of its own"),
        (vec![Trouble::Edge(404, "<html>no</html>")], "ETSM_ANTHROPIC_BASE_URL is wrong"),
        (vec![Trouble::says(429, "rate_limit_error").header("retry-after", "900")], "too many calls"),
        (vec![Trouble::Edge(200, "<html>hello</html>")], "its answer is not JSON"),
    ];
    for (troubles, words) in rounds {
        world.app.expect_warning(words);
        world.far.troubles(troubles);
        let course = world.later(3).await;
        let told = course.trouble().unwrap_or_default().to_owned();
        assert!(told.contains(words) && !told.contains("SECRET"), "{told}");
        assert_eq!((world.told("orbit").await, world.told("lumen").await), before, "{words}");
    }
    let status = world.app.web().chat("status").await.body;
    assert!(status.contains("fails") && status.contains("it came last on"), "{status}");
    assert_eq!(world.later(3).await.trouble(), None);
    world.finish().await;
}

#[tokio::test]
async fn odd_pages_are_refused_whole_and_asked_for_again() {
    let rules = format!("{RULES}[[sources.anthropic.accounts]]\naccount = \"x\"\nworkspace = \"wrkspc_9\"\n");
    let rules = rules.replace("workspace_name = \"Lumen *\"", "workspace = \"wrkspc_2\"");
    let rules = rules.replace("[sources.anthropic]\n", "[sources.anthropic]\naccount_tag = \"\"\n");
    // Without names and tags the first calls of a round are those for usage and then cost.
    let mut world = World::start(&rules, forty_days()).await;
    let before = (world.told("orbit").await, world.told("lumen").await);
    for (trouble, words) in
        [(Trouble::Strays, "a time that was not asked for"), (Trouble::Twice, "told one statement twice")]
    {
        world.app.expect_warning(words);
        world.far.troubles([trouble]);
        let course = world.later(3).await;
        assert!(course.trouble().unwrap_or_default().contains(words), "{course:?}");
    }
    world.app.expect_warning("go round in a circle");
    world.far.troubles([Trouble::Circle, Trouble::Circle]);
    assert!(world.later(3).await.trouble().unwrap_or_default().contains("in a circle"));
    assert_eq!((world.told("orbit").await, world.told("lumen").await), before);
    assert_eq!(world.later(3).await.trouble(), None);
    world.finish().await;
}

#[tokio::test]
async fn a_queue_that_passes_soon_is_waited_for() {
    let world = World::start_with(RULES, forty_days(), |far| {
        far.troubles([
            Trouble::says(429, "rate_limit_error").header("retry-after", "0.01"),
            Trouble::says(529, "overloaded_error").header("retry-after-ms", "5"),
        ]);
    })
    .await;
    assert_eq!(world.told("orbit").await, world.held(&["wrkspc_1"]));
    world.finish().await;
}

#[tokio::test]
async fn without_analytics_the_older_reports_tell_tokens_and_cost() {
    let far_has = |has: bool| move |far: &FakeOrganisation| far.has_analytics(has);
    let mut world = World::start_with(RULES, forty_days(), far_has(false)).await;
    let (held, told) = (world.held(&["wrkspc_1"]), world.told("orbit").await);
    // A day that is not over is not in yet.
    let whole_days = world.held_before(&["wrkspc_1"], "2026-03-31T00:00:00Z".parse().unwrap());
    assert_eq!(told, (0, whole_days.1, whole_days.2), "all but the calls");
    let status = world.app.web().chat("status").await.body;
    assert!(status.contains("without calls"), "{status}");
    world.far.has_analytics(true);
    world.later(1).await;
    assert_eq!(world.told("orbit").await, held, "the past is read anew by the hour, and counted once");
    assert_eq!(world.told("lumen").await, world.held(&["wrkspc_2"]));
    // Once they came, the older ones, which tell no calls, would look like silence.
    world.far.has_analytics(false);
    world.app.expect_warning("it has no analytics for this organisation");
    let course = world.later(2).await;
    assert!(course.trouble().is_some(), "{course:?}");
    assert_eq!(world.told("orbit").await, held);
    world.finish().await;
}

#[tokio::test]
async fn in_the_long_run_it_is_called_once_a_minute_at_most() {
    let world = World::start(RULES, forty_days()).await;
    world.far.calls();
    let begun = world.app.clock_of_all().now();
    for _ in 0..40 {
        world.app.clock().advance(SignedDuration::from_mins(3));
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let calls = world.far.calls();
    let minutes = world.app.clock_of_all().now().duration_since(begun).as_mins();
    assert!(
        !calls.is_empty() && i64::try_from(calls.len()).unwrap() <= minutes,
        "{} in {minutes}",
        calls.len()
    );
    let mut by_path: BTreeMap<&str, usize> = BTreeMap::new();
    calls.iter().for_each(|(_, path)| *by_path.entry(path).or_default() += 1);
    assert!(by_path.keys().all(|path| path.starts_with("/v1/organizations/")), "{by_path:?}");
    world.finish().await;
}

#[tokio::test]
async fn amounts_in_another_currency_are_refused() {
    let rules = RULES.replace("[sources.anthropic]\n", "[sources.anthropic]\naccount_tag = \"\"\n");
    let rules = rules.replace("workspace_name = \"Lumen *\"", "workspace = \"wrkspc_2\"");
    let mut world =
        World::start(&rules, vec![Statement::of(&hour(3), "wrkspc_1", "claude-haiku-5-5", 1)]).await;
    world.app.expect_warning("another currency");
    // The first call is for usage, which has no currency.
    world.far.troubles([Trouble::Euros, Trouble::Euros]);
    let course = world.later(3).await;
    assert!(course.trouble().unwrap_or_default().contains("set data.currency"), "{course:?}");
    world.finish().await;
}

const PRICES: &str = "[[prices]]\nmodel = \"claude-sonnet-*\"\nfrom = \"2026-01-01\"\ninput = \"80\"\noutput = \"400\"\n\
    call = \"0.001\"\n";

#[tokio::test]
async fn a_bill_is_held_against_what_was_metered_and_its_parts_sum() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("etsm.toml");
    std::fs::write(&path, PRICES).unwrap();
    let prices = Settings::load(Some(&path), &Environment::of([] as [(&str, &str); 0])).unwrap().prices;
    let mut world = World::start(RULES, forty_days()).await;
    world.app.settings_mut().prices = prices;
    let source = world.far.source(RULES);
    world.restart(source).await;
    let page = world.app.web().get("/api/v1/accounts/orbit/reconciliation?month=2026-03").await;
    let bill: Value = serde_json::from_str(&page.body).unwrap();
    let of = |name: &str| bill["total"][name].as_i64().unwrap();
    let parts = ["metered", "cache", "discount", "unpriced", "unexplained"].map(of);
    assert_eq!(parts.iter().sum::<i64>(), of("billed"), "{bill}");
    let (from, end) = ("2026-03-01T00:00:00Z".parse().unwrap(), Timestamp::MAX);
    let march = world.held_before(&["wrkspc_1"], end).2 - world.held_before(&["wrkspc_1"], from).2;
    assert_eq!(of("billed"), march);
    let calls: u64 = world
        .far
        .truth()
        .iter()
        .filter(|one| one.at >= from && one.workspace.as_deref() == Some("wrkspc_1"))
        .map(|one| one.requests)
        .sum();
    let calls = i64::try_from(calls).unwrap();
    // A call reads 155 tokens and writes 30; 40 come from the cache, 10 and 5 are written to it.
    let read = 155 * 80 + 30 * 400 + 1_000;
    let cache = -40 * 72 + 10 * 20 + 5 * 80;
    assert_eq!((of("metered"), of("cache")), (calls * read, calls * cache));
    assert_eq!((of("discount"), of("unpriced")), (calls * (17_301 - 20_000), 0));
    assert_eq!(bill["lines"][0]["cache_write_tokens"], serde_json::json!(calls * 15));
    let html = world.app.web().get("/accounts/orbit/cost?month=2026-03").await.body;
    assert!(html.contains("cost of March 2026") && html.contains("Unexplained"), "{html}");
    let lumen = world.app.web().get("/api/v1/accounts/lumen/reconciliation").await.body;
    let lumen: Value = serde_json::from_str(&lumen).unwrap();
    assert_eq!(lumen["total"]["metered"], serde_json::json!(0), "no price fits its model");
    for odd in ["month=March", "month=2026-13", "month=2027-01", "moon=1"] {
        let path = format!("/api/v1/accounts/orbit/reconciliation?{odd}");
        assert_eq!(world.app.web().get(&path).await.status, 400, "{odd}");
        assert_eq!(world.app.web().get(&format!("/accounts/orbit/cost?{odd}")).await.status, 400, "{odd}");
    }
    assert_eq!(world.app.web().get("/accounts/nobody/cost").await.status, 404);
    world.finish().await;
}

#[tokio::test]
async fn calls_to_a_model_that_comes_to_an_end_are_told_with_a_way_out() {
    let prepare = |far: &FakeOrganisation| {
        far.model("claude-opus-5-5", "active", None);
        far.model("claude-haiku-5-5", "deprecated", Some("2026-05-15T00:00:00Z"));
    };
    let world = World::start_with(RULES, forty_days(), prepare).await;
    let said = async || world.app.web().chat("health lumen").await.body;
    let mut html = said().await;
    for _ in 0..100 {
        if html.contains("claude-haiku-5-5") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        html = said().await;
    }
    assert!(html.contains("which is retired on 15 May 2026"), "{html}");
    assert!(html.contains("Plan the move"), "{html}");
    assert!(!world.app.web().chat("health orbit").await.body.contains("retired"));
    let line = "initiative add account:lumen title:\"Move away from claude-haiku-5-5\" priority:high";
    let added = world.app.web().chat(line).await.body;
    assert!(added.contains("Move away from"), "{added}");
    assert!(!said().await.contains("Plan the move"), "it is under way");
    world.finish().await;
}
