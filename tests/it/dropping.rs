//! A folder whose files are imported: what lies in it ends up in the figures once, and the file in `done/` or `rejected/`
//! with its report, whatever happens on the way.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use etsm::config::DropSource;
use etsm::domain::Records;
use etsm::store::AuditEntry;
use etsm::store::AuditFilter;
use etsm::store::SourceCourse;
use etsm::store::Store;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Harness;

const HEAD: &str = "timestamp,account_id,api_calls,tokens_used,cost,endpoint\n";
/// Longest wait for something that takes less than a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program with a folder that it watches.
struct World {
    app: Harness,
    place: TempDir,
    store: Store,
}

impl World {
    async fn start() -> Self {
        let mut world = Self::prepare(|_settings, _folder| {}).await;
        world.run().await;
        world
    }

    async fn prepare(change: impl FnOnce(&mut etsm::config::Settings, &Path)) -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("drop");
        let source = DropSource {
            folder: folder.clone(),
            name: "drop".parse().unwrap(),
            every: Duration::from_millis(40),
            holds: Records::Usage,
        };
        let app = Harness::prepare(|settings| {
            settings.drop_source = Some(source);
            change(settings, &folder);
        })
        .await;
        let store = Store::open_dir(app.folder()).await.unwrap();
        Self { app, place, store }
    }

    async fn run(&mut self) {
        self.app.run().await;
        self.app.discord().ready().await;
        self.until("the folder is there", || self.path("taking/initiatives").is_dir().then_some(())).await;
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join("drop").join(below)
    }

    /// Lays a file in as a careful sender does.
    fn lay(&self, name: &str, text: impl AsRef<[u8]>) {
        let part = self.path(&format!("{name}.part"));
        fs::write(&part, text).unwrap();
        fs::rename(part, self.path(name)).unwrap();
    }

    async fn until<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_late| panic!("never: {what}"))
    }

    /// Waits for a file to be moved on; its report.
    async fn report(&self, name: &str) -> Value {
        let beside = self.path(&format!("{name}.report.json"));
        let file = self.path(name);
        self.until(name, || file.is_file().then(|| fs::read_to_string(&beside).unwrap()))
            .await
            .parse()
            .unwrap()
    }

    async fn course(&self, fits: impl Fn(&SourceCourse) -> bool) -> SourceCourse {
        let looking = async {
            loop {
                let courses = self.store.source_courses().await.unwrap();
                if let Some(course) = courses.into_iter().find(&fits) {
                    return course;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.expect("the source gets there")
    }

    /// Calls of an account over all time, as the API tells.
    async fn calls(&self, account: &str) -> Value {
        let path = format!("/api/v1/usage?account={account}&from=2026-01-01&grain=week&metric=calls");
        let page = self.app.web().get(&path).await;
        let json: Value = serde_json::from_str(&page.body).unwrap();
        json["total"].clone()
    }

    async fn finish(self) {
        self.store.close().await;
        self.app.finish().await;
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// An hour of usage for each of `hours` on a day, of an account of its own.
fn usage(account: &str, hours: u32, calls: u32) -> String {
    let row = |hour: u32| {
        format!("2026-03-{:02}T{:02}:00:00Z,{account},{calls},100,0.50,/v1/chat\n", 20 + hour / 24, hour % 24)
    };
    HEAD.to_owned() + &(0..hours).map(row).collect::<String>()
}

#[tokio::test]
async fn a_file_that_is_laid_in_is_shown_and_moved_on_with_the_report_of_an_import() {
    let world = World::start().await;
    world.lay("Acme march.csv", usage("orbit", 48, 3));
    let report = world.report("done/Acme march.csv").await;
    let told = serde_json::json!({
        "accepted": 48, "duplicates": 0, "replaced": 0, "rejected": [],
        "totals": {"api_calls": 144, "tokens_used": 4800, "cost": 24.0}, "file_error": null
    });
    assert_eq!(report, told);
    assert_eq!(world.calls("orbit").await, 144);
    let course = world.course(|course| course.rows > 0).await;
    assert_eq!((course.kind.word(), course.trouble(), course.rows), ("folder", None, 48));
    assert_eq!(course.watermark, Some("2026-03-22T00:00:00Z".parse().unwrap()));
    // The same file again adds nothing and takes nobody's place.
    world.lay("usage/Acme march.csv", usage("orbit", 48, 3));
    let again = world.report("done/Acme march.2.csv").await;
    assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &48.into()));
    assert_eq!(world.calls("orbit").await, 144);
    assert!(names(&world.path("taking/usage")).is_empty());
    let entries = world.store.audit(&AuditFilter::default(), 50).await.unwrap();
    let of_file: Vec<&AuditEntry> = entries.iter().filter(|one| one.subject == "Acme march.csv").collect();
    let after = of_file[0].after.as_deref().unwrap();
    assert_eq!(
        (of_file.len(), of_file[0].how.as_str()),
        (1, "source"),
        "a file that adds nothing is no change"
    );
    assert!(after.contains("sha256") && after.contains("\"accepted\":48"), "{after}");
    world.finish().await;
}

#[tokio::test]
async fn each_kind_has_its_folder_and_accounts_come_before_what_is_theirs() {
    let mut world = World::prepare(|_settings, folder| {
        for below in ["accounts", "initiatives"] {
            fs::create_dir_all(folder.join(below)).unwrap();
        }
        let plans = "account_id,title,due\norbit,Move to batches,2026-06-01\n";
        fs::write(folder.join("initiatives/plans.csv"), plans).unwrap();
        fs::write(folder.join("accounts/accounts.csv"), "account_id,name,owner\norbit,Orbit Labs,mei\n")
            .unwrap();
    })
    .await;
    world.run().await;
    assert_eq!(world.report("done/accounts.csv").await["accepted"], 1);
    assert_eq!(world.report("done/plans.csv").await["accepted"], 1);
    let page = world.app.web().get("/initiatives").await.body;
    assert!(page.contains("Move to batches") && page.contains("Orbit Labs"), "{page}");
    world.finish().await;
}

#[tokio::test]
async fn a_partly_bad_file_keeps_its_good_rows_and_lies_in_rejected() {
    let world = World::start().await;
    let bad = "2026-03-25T10:00:00Z,orbit,-1,100,0.50,/v1/chat\n";
    world.lay("usage/march.csv", usage("orbit", 5, 2) + bad);
    let report = world.report("rejected/march.csv").await;
    assert_eq!(
        (&report["accepted"], &report["rejected"][0]["reason"]),
        (&5.into(), &"negative_value".into())
    );
    assert_eq!(world.calls("orbit").await, 10);
    let course = world.course(|course| course.trouble().is_some()).await;
    assert_eq!(course.rows, 5);
    let told = "1 of 6 records in a file of usage were refused, and the others kept; it lies in rejected/ with its report";
    assert_eq!(course.trouble(), Some(told));
    let status = world.app.web().get("/status").await.body;
    assert!(status.contains("1 of 6 records") && status.contains("folder"), "{status}");

    world.lay("usage/zoo.bin", b"\x89PNG\r\n\x1a\n\0\0\0\0binary".repeat(50));
    assert_eq!(world.report("rejected/zoo.bin").await["file_error"], "not_text");
    let refused = "a file of usage was refused (not_text); it lies in rejected/ with its report";
    world.course(|course| course.trouble() == Some(refused)).await;
    // A good one ends the trouble, and the last failure is still known.
    world.lay("usage/april.csv", usage("orbit", 6, 2));
    world.report("done/april.csv").await;
    let well = world.course(|course| course.trouble().is_none()).await;
    assert_eq!(well.failure.unwrap().1, refused);
    world.finish().await;
}

#[tokio::test]
async fn hostile_names_are_tamed_and_links_are_left_alone() {
    let world = World::start().await;
    let secret = world.place.path().join("secret.csv");
    fs::write(&secret, usage("leak", 3, 9)).unwrap();
    std::os::unix::fs::symlink(&secret, world.path("usage/link.csv")).unwrap();
    world.lay("usage/\u{1b}[2J\n<b>.csv", usage("orbit", 2, 1));
    world.lay(&format!("usage/{}.csv", "y".repeat(240)), usage("orbit", 3, 1));
    world.report("done/_[2J_<b>.csv").await;
    world.report(&format!("done/{}.csv", "y".repeat(196))).await;
    assert!(world.path("usage/link.csv").is_symlink());
    assert_eq!(world.calls("orbit").await, 3);
    assert!(world.app.web().get("/accounts/leak").await.status == 404);
    world.finish().await;
}

#[tokio::test]
async fn what_broke_off_between_import_and_move_is_done_again_and_adds_nothing() {
    let mut world = World::prepare(|_settings, folder| {
        fs::create_dir_all(folder.join("taking/usage")).unwrap();
        fs::write(folder.join("taking/usage/march.csv"), usage("orbit", 24, 7)).unwrap();
        // The name is taken, and its report must stay.
        fs::create_dir_all(folder.join("done")).unwrap();
        fs::write(folder.join("done/march.csv.report.json"), "{}").unwrap();
    })
    .await;
    let file = world.path("taking/usage/march.csv");
    let words = ["import", "usage", file.to_str().unwrap(), "--source", "drop"];
    world.app.terminal().run(&words).await;
    world.run().await;
    let report = world.report("done/march.2.csv").await;
    assert_eq!((&report["accepted"], &report["duplicates"]), (&0.into(), &24.into()));
    assert_eq!(world.calls("orbit").await, 168);
    assert_eq!(fs::read_to_string(world.path("done/march.csv.report.json")).unwrap(), "{}");
    world.finish().await;
}

#[tokio::test]
async fn a_program_that_is_killed_again_and_again_takes_each_row_once() {
    let mut world = World::start().await;
    for round in 0_u32..4 {
        for file in 0_u32..3 {
            world.lay(&format!("usage/{round}-{file}.csv"), usage(&format!("kill-{file}"), 200 + round, 5));
        }
        tokio::time::sleep(Duration::from_millis(u64::from(30 + 55 * round))).await;
        world.app.kill().await;
        world.app.run_again().await;
    }
    let all_done = || {
        let laid = names(&world.path("usage")).len() + names(&world.path("taking/usage")).len();
        let done = names(&world.path("done")).iter().filter(|name| name.ends_with(".csv")).count();
        (laid == 0).then_some(done)
    };
    assert_eq!(world.until("all are taken", all_done).await, 12);
    assert!(names(&world.path("rejected")).is_empty());
    for file in 0..3 {
        // 203 hours of 5 calls, however often they were told.
        world.until_calls(&format!("kill-{file}"), 1_015).await;
    }
    world.app.forgives(&["broke off", "checkpoint"]);
    world.finish().await;
}

#[tokio::test]
async fn a_full_disk_leaves_the_file_until_there_is_room() {
    let mut world = World::prepare(|_settings, _folder| {}).await;
    let bytes = fs::metadata(world.app.folder().join("etsm.db")).unwrap().len();
    world.app.settings_mut().size_max = Some(bytes + 40 * 4_096);
    world.app.expect_warning("Could not take files from the drop folder");
    world.run().await;
    let many: String =
        (0..20).map(|one| usage(&format!("big-{one}"), 260, 3).replacen(HEAD, "", 1)).collect();
    world.lay("usage/many.csv", HEAD.to_owned() + &many);
    world.app.logs("Could not take files from the drop folder").await;
    assert_eq!(names(&world.path("done")).len() + names(&world.path("rejected")).len(), 0);
    world.app.settings_mut().size_max = None;
    world.app.forgives(&["database is not well", "Could not note", "heckpoint", "could not be", "is kept"]);
    world.app.restart().await;
    world.report("done/many.csv").await;
    world.until_calls("big-19", 780).await;
    world.finish().await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told_with_its_remedy_until_it_can() {
    let mut world = World::start().await;
    world.app.expect_warning("Could not take files");
    let (done, aside) = (world.path("done"), world.place.path().join("aside"));
    fs::rename(&done, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &done).unwrap();
    world.lay("usage/march.csv", usage("orbit", 2, 1));
    let course = world.course(|course| course.trouble().is_some_and(|why| why.contains("no folder"))).await;
    assert!(course.trouble().unwrap().ends_with("make it one, and no link to elsewhere"), "{course:?}");
    assert!(names(&aside).is_empty(), "nothing is written where the link leads");
    fs::remove_file(&done).unwrap();
    world.report("done/march.csv").await;
    world.course(|course| course.trouble().is_none()).await;
    assert_eq!(world.calls("orbit").await, 2);
    world.finish().await;
}

impl World {
    async fn until_calls(&self, account: &str, calls: u64) {
        let looking = async {
            while self.calls(account).await != calls {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let got = tokio::time::timeout(PATIENCE, looking).await;
        if got.is_err() {
            panic!("{account} has {} calls and not {calls}", self.calls(account).await);
        }
    }
}

#[test]
fn the_doctor_says_whether_the_folder_can_be_used() {
    let place = tempfile::tempdir().unwrap();
    let doctor = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
        command.args(["check", "--offline"]).env_clear().current_dir(place.path());
        let output = command.env("ETSM_DROP_FOLDER", "laid").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = doctor();
    assert!(said.contains("there is no folder laid yet; the first start makes it"), "{said}");
    fs::create_dir(place.path().join("laid")).unwrap();
    assert!(doctor().contains("files laid into laid can be taken"));
    assert!(names(&place.path().join("laid")).is_empty(), "it takes back what it tries");
    fs::write(place.path().join("laid/done"), "").unwrap();
    let said = doctor();
    assert!(said.contains("done/ in the folder is no folder") && said.contains("→ make it one"), "{said}");
}
