//! `etsm check`: looks at all that etsm needs and says what to do. Nothing is changed, and no secret is shown.

use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;

use crate::access::PassSeal;
use crate::adapters;
use crate::adapters::Reached;
use crate::chat::discord::Client;
use crate::chat::discord::Examined;
use crate::chat::discord::Patience;
use crate::config::Environment;
use crate::config::Mistake;
use crate::config::Settings;
use crate::domain::Clock;
use crate::domain::Destination;
use crate::domain::SystemClock;
use crate::jobs::drop::Folder;
use crate::render::discord::Seal;
use crate::store::Store;
use crate::telemetry;
use crate::web::Tls;

use super::super::cli::Check;
use super::super::doctor::Findings;
use super::super::run::database_url;

/// Longest look at the database; a very large one is looked at in part.
const STORE_TIME_MAX: Duration = Duration::from_secs(60);
/// Longest look at Discord, all channels together.
const DISCORD_TIME_MAX: Duration = Duration::from_secs(20);
/// Below this much room a day of a busy desk may not fit; below the lower one nothing should be begun.
const ROOM_LOW: u64 = 1_000_000_000;
const ROOM_NONE: u64 = 100_000_000;
/// A key of fewer different characters was typed, and not drawn.
const KEY_VARIETY_MIN: usize = 10;
/// How far the clock may be off: sessions and links live for minutes.
const CLOCK_OFF_MAX_S: f64 = 60.0;
/// Zones that any complete set of time zone data knows, with and without a clock change.
const ZONES: [&str; 3] = ["Europe/Zurich", "America/New_York", "Asia/Kolkata"];

/// Looks at everything; status 1 when something must be mended.
pub(super) async fn check(
    loaded: Result<Settings, Vec<Mistake>>,
    data_dir: Option<PathBuf>,
    environment: &Environment,
    words: &Check,
) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    for hint in Settings::hints(environment) {
        findings.warn("settings", hint, "rename or remove the variable");
    }
    match loaded {
        Err(mistakes) if !words.json => {
            super::refused(&mistakes);
            return Ok(ExitCode::FAILURE);
        }
        Err(mistakes) => {
            for mistake in mistakes {
                findings.fail("settings", mistake.to_string(), "mend this setting");
            }
        }
        Ok(mut settings) => {
            if let Some(folder) = data_dir {
                settings.data_dir = folder;
            }
            findings.ok("settings", "all can be read");
            look_at_all(&settings, words, &mut findings).await?;
        }
    }
    let mut out = anstream::stdout();
    if words.json {
        writeln!(out, "{:#}", findings.json())?;
    } else {
        findings.write_text(&mut out)?;
    }
    Ok(findings.verdict().status())
}

async fn look_at_all(settings: &Settings, words: &Check, findings: &mut Findings) -> anyhow::Result<()> {
    store(settings, findings).await?;
    zones(findings);
    key(settings, findings);
    serving(settings, findings);
    certificate(settings, findings);
    drop_folder(settings, findings);
    if words.offline {
        findings.ok("network", "not asked");
        return Ok(());
    }
    discord(settings, findings).await?;
    ai(settings, findings).await;
    collector(settings, findings).await;
    Ok(())
}

async fn store(settings: &Settings, findings: &mut Findings) -> anyhow::Result<()> {
    let url = database_url(settings)?;
    let Some(file) = Store::file_of(&url)? else {
        match Store::open(&url).await {
            Ok(_) => findings.ok("store", "the database answers"),
            Err(error) => {
                findings.fail("store", error.to_string(), "see to the database, or to data.database_url");
            }
        }
        return Ok(());
    };
    space(file.parent().unwrap_or(Path::new(".")), findings);
    if !file.exists() {
        findings
            .ok("store", format!("there is no database at {} yet; the first start makes it", file.display()));
        return Ok(());
    }
    match tokio::time::timeout(STORE_TIME_MAX, Store::examine(&file)).await {
        Ok(Ok(counts)) => findings.ok(
            "store",
            format!(
                "pages are sound and all rows are those that were written: {} of usage, {} accounts, {} initiatives",
                counts.usage_rows, counts.accounts, counts.initiatives
            ),
        ),
        Ok(Err(error)) => {
            findings.fail("store", error.to_string(), "admin/backup.md says how a backup is put back");
            return Ok(());
        }
        Err(_long) => findings.warn(
            "store",
            "the database is too large to be read whole within a minute; what was read is sound",
            "`etsm backup FILE` reads it whole and takes the time it needs",
        ),
    }
    if let Some(newest) = Store::newest_mark(&file).await? {
        let ahead = newest.duration_since(SystemClock.now()).as_secs_f64();
        if ahead > CLOCK_OFF_MAX_S {
            let said = format!(
                "the data are complete up to {newest:.0}, which is still to come by this machine's clock"
            );
            findings.warn("clock", said, "set the clock, or see to the source that is ahead");
        }
    }
    Ok(())
}

fn space(folder: &Path, findings: &mut Findings) {
    // A folder that is still to be made will be on the disk of one that is there.
    let there = folder.ancestors().find(|one| one.is_dir() || one.as_os_str().is_empty()).unwrap_or(folder);
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    let Some((free, size)) = telemetry::disk_space(there) else { return };
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    let said = format!("{} of {} are free in {}", gigabytes(free), gigabytes(size), folder.display());
    let remedy = "make room, or move data.dir to a larger disk";
    match free {
        free if free < ROOM_NONE => findings.fail("disk", said, remedy),
        free if free < ROOM_LOW => findings.warn("disk", said, remedy),
        _ => findings.ok("disk", said),
    }
}

fn zones(findings: &mut Findings) {
    let missing: Vec<&str> = ZONES.into_iter().filter(|zone| TimeZone::get(zone).is_err()).collect();
    if missing.is_empty() {
        findings.ok("zones", "time zone data are there");
    } else {
        let said = format!("no time zone is known as {}", missing.join(", "));
        findings.fail("zones", said, "install the package tzdata, or unset TZDIR");
    }
}

fn key(settings: &Settings, findings: &mut Findings) {
    let Some(key) = &settings.secret_key else { return };
    let mut letters: Vec<char> = key.expose_secret().chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < KEY_VARIETY_MIN {
        let remedy = "make one with `openssl rand -hex 32`; admin/incident.md says what changing it does";
        findings.warn("key", "the secret key repeats few characters, so it can be guessed", remedy);
    } else {
        findings.ok("key", "the secret key is long and mixed");
    }
}

fn serving(settings: &Settings, findings: &mut Findings) {
    match settings.check_for_serving() {
        Ok(()) => findings.ok("serve", format!("ready, at {}", settings.public_url)),
        Err(mistakes) => {
            for Mistake { place, message } in mistakes {
                findings.fail("serve", format!("{place} {message}"), "`etsm serve` needs it");
            }
        }
    }
}

/// The certificate and its key, as they would be shown by a start just now.
fn certificate(settings: &Settings, findings: &mut Findings) {
    let Some(files) = &settings.server.tls else { return };
    let now = SystemClock.now();
    match Tls::open(files, now) {
        Ok(tls) if tls.ends_soon(now) => {
            let said = format!("the certificate in {} ends on {}", files.certificate.display(), tls.ends());
            findings.warn("tls", said, "renew it: a new file is read while the service runs");
        }
        Ok(tls) => findings.ok("tls", format!("the certificate and its key fit, until {}", tls.ends())),
        Err(bad) => findings.fail("tls", bad.to_string(), bad.remedy()),
    }
    if is_open_to_all(&files.key) {
        let said = format!("everyone on this machine can read the key in {}", files.key.display());
        findings.warn("tls", said, "let its owner alone read it: chmod 600, or 640 with a group of its own");
    }
}

#[cfg(unix)]
fn is_open_to_all(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS_READ: u32 = 0o004;
    file.metadata().is_ok_and(|about| about.permissions().mode() & OTHERS_READ != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_file: &Path) -> bool {
    false
}

fn drop_folder(settings: &Settings, findings: &mut Findings) {
    let Some(source) = &settings.drop_source else { return };
    let place = source.folder.display();
    match Folder::new(source.folder.clone(), source.holds).examine() {
        Ok(true) => findings.ok("drop", format!("files laid into {place} can be taken")),
        Ok(false) => findings.ok("drop", format!("there is no folder {place} yet; the first start makes it")),
        Err(fault) => findings.fail("drop", format!("{place}: {}", fault.wrong), fault.remedy),
    }
}

async fn discord(settings: &Settings, findings: &mut Findings) -> anyhow::Result<()> {
    let Some(discord) = &settings.discord else {
        findings.ok("discord", "off: there is no ETSM_DISCORD_TOKEN");
        return Ok(());
    };
    match adapters::reach_discord(&discord.trust, discord.api_base.as_deref()).await {
        Err(error) => {
            let remedy = "let this machine reach Discord, by HTTPS_PROXY if need be";
            findings.fail("discord", format!("cannot be reached: {error:#}"), remedy);
            return Ok(());
        }
        Ok(reached) => clock(&reached, "Discord", findings),
    }
    // Nothing is signed here, so any key does.
    let (seal, passes) = (Seal::new(b"check"), None::<PassSeal>);
    let (members, url) = (settings.members.clone(), settings.public_url.clone());
    let client = Client::new(discord.clone(), members, seal, passes, url, Patience::default())?;
    let channels: Vec<u64> = settings
        .digests
        .iter()
        .map(|digest| &digest.to)
        .chain(settings.alert_rules.iter().flat_map(|rule| &rule.tell))
        .filter_map(|to| match to {
            Destination::Discord(channel) => Some(*channel),
            Destination::Page => None,
        })
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    match tokio::time::timeout(DISCORD_TIME_MAX, client.examine(&channels)).await {
        Err(_long) => {
            findings.warn("discord", "answers slowly; not all was looked at", "try again in a minute")
        }
        Ok(examined) => {
            for one in examined {
                match one {
                    Examined::Well(said) => findings.ok("discord", said),
                    Examined::Wrong { said, remedy } => findings.fail("discord", said, remedy),
                }
            }
        }
    }
    Ok(())
}

/// This machine's clock beside that of a host that was asked anyway.
fn clock(reached: &Reached, whose: &str, findings: &mut Findings) {
    let Some(there) = reached.date else { return };
    let here: Timestamp = SystemClock.now();
    let off = here.duration_since(there).as_secs_f64();
    if off.abs() > CLOCK_OFF_MAX_S {
        let said = format!("this machine's clock is {off:.0} s off from that of {whose}");
        findings.fail("clock", said, "have it set by NTP: links and sessions live for minutes");
    } else {
        findings.ok("clock", format!("agrees with that of {whose}"));
    }
}

async fn ai(settings: &Settings, findings: &mut Findings) {
    let Some(ai) = &settings.ai else {
        findings.ok("ai", "off: there is no ETSM_ANTHROPIC_API_KEY");
        return;
    };
    let reached = adapters::reach_anthropic(&ai.trust, ai).await;
    if let (Ok(reached), None) = (&reached, &settings.discord) {
        clock(reached, "Anthropic", findings);
    }
    match reached {
        Ok(Reached { status: 200, .. }) => {
            findings.ok("ai", format!("the key is taken; {} writes", ai.model))
        }
        Ok(Reached { status: 401 | 403, .. }) => {
            findings.fail(
                "ai",
                "Anthropic does not take the key",
                "set ETSM_ANTHROPIC_API_KEY to one that is in force",
            );
        }
        Ok(Reached { status, .. }) => {
            findings.warn(
                "ai",
                format!("Anthropic answers with status {status}"),
                "try again later; digests are plain meanwhile",
            );
        }
        Err(error) => findings.fail(
            "ai",
            format!("Anthropic cannot be reached: {error:#}"),
            "let this machine reach it, by HTTPS_PROXY if need be, or see to ai.base_url",
        ),
    }
}

async fn collector(settings: &Settings, findings: &mut Findings) {
    let Some(to) = &settings.otlp else { return };
    let remedy = "see to telemetry.otlp: it wants OTLP over HTTP, mostly at port 4318; etsm runs without it";
    match adapters::reach_collector(to).await {
        Ok(Reached { status: 200..300, .. }) => findings.ok("spans", "the collector takes them"),
        Ok(Reached { status, .. }) => {
            findings.warn("spans", format!("the collector answers with status {status}"), remedy);
        }
        Err(error) => findings.warn("spans", format!("the collector cannot be reached: {error:#}"), remedy),
    }
}
