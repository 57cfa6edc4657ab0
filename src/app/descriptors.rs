//! Open files: each connection is one, and systems give a process few of them unless it asks.

use nix::sys::resource::Resource;
use nix::sys::resource::getrlimit;
use nix::sys::resource::setrlimit;
use tracing::warn;

use crate::config::LimitSettings;

/// What is open besides connections of clients: the database, calls to outside, files under way.
const BESIDES: u64 = 512;

/// Asks the system for as many open files as the limits need. Where it gives fewer, the limits shrink to them, so that the
/// database never stands without.
pub(super) fn make_room_for(limits: &mut LimitSettings) {
    let wanted = limits.connections as u64 + BESIDES;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let mut given = soft;
    if soft < wanted && setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard).is_ok() {
        given = wanted.min(hard);
    }
    if given < wanted {
        let asked = limits.connections;
        shrink(limits, given);
        warn!(
            files.given = given,
            files.wanted = wanted,
            "This process may open {given} files, so it takes {} connections instead of {asked}; raise LimitNOFILE \
             (systemd) or ulimit -n to {wanted}",
            limits.connections
        );
    }
}

fn shrink(limits: &mut LimitSettings, files: u64) {
    let rest = files.saturating_sub(BESIDES).max(files / 2);
    limits.connections = usize::try_from(rest).unwrap_or(usize::MAX).clamp(2, limits.connections);
    limits.streams = limits.streams.min(limits.connections / 2);
}

#[cfg(test)]
mod tests {
    use crate::config::Environment;
    use crate::config::Settings;

    use super::*;

    #[track_caller]
    fn check(files: u64, connections: usize, streams: usize) {
        let mut limits = Settings::load(None, &Environment::of([])).unwrap().server.limits;
        shrink(&mut limits, files);
        assert_eq!((limits.connections, limits.streams), (connections, streams), "{files} files");
    }

    #[test]
    fn connections_fit_into_the_files_that_there_are() {
        check(4_096, 3_584, 1_792);
        check(256, 128, 64);
        check(0, 2, 1);
    }
}
