//! What the process and its disk are like, as Linux tells.

use std::fs;
use std::path::Path;

/// Ticks of processor time in a second; Linux has told programs this number on every machine for decades.
const TICKS_PER_SECOND: u64 = 100;

/// Measures processor time, memory, open files and threads. Systems without `/proc` have no such series.
pub fn measure_process() {
    if let Some(seconds) = cpu_seconds() {
        metrics::counter!("process_cpu_seconds_total").absolute(seconds);
    }
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        if let Some(kilobytes) = field(&status, "VmRSS:") {
            metrics::gauge!("process_resident_memory_bytes").set((kilobytes * 1_024) as f64);
        }
        if let Some(threads) = field(&status, "Threads:") {
            metrics::gauge!("process_threads").set(threads as f64);
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        metrics::gauge!("process_open_fds").set(open.count() as f64);
    }
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    if let Some(most) = field(&limits, "Max open files") {
        metrics::gauge!("process_max_fds").set(most as f64);
    }
}

/// Bytes that are free on the disk of a folder, and all that it has.
#[must_use]
pub fn disk_space(folder: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some((disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize))
}

/// Measures the disk that a folder is on, and the files of a database.
pub fn measure_disk(folder: &Path, database: Option<&Path>) {
    if let Some((free, size)) = disk_space(folder) {
        metrics::gauge!("etsm_disk_free_bytes").set(free as f64);
        metrics::gauge!("etsm_disk_size_bytes").set(size as f64);
    }
    let Some(database) = database else { return };
    for (part, ending) in [("data", ""), ("log", "-wal"), ("checkpoint", ".checkpoint")] {
        let mut path = database.as_os_str().to_owned();
        path.push(ending);
        let bytes = fs::metadata(path).map_or(0, |file| file.len());
        metrics::gauge!("etsm_database_bytes", "part" => part).set(bytes as f64);
    }
}

fn cpu_seconds() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything; time in user and kernel mode are the 12th and 13th after.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// The first number after a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_name() {
        let text =
            "Name:\tetsm\nVmRSS:\t  12345 kB\nMax open files            1024                 4096 files\n";
        assert_eq!(field(text, "VmRSS:"), Some(12_345));
        assert_eq!(field(text, "Max open files"), Some(1_024));
        assert_eq!(field(text, "Threads:"), None);
    }

    #[test]
    fn this_process_has_used_some_time() {
        let begun = std::time::Instant::now();
        while cpu_seconds().expect("/proc is there") == 0 {
            assert!(begun.elapsed().as_secs() < 60, "a busy second shows");
        }
    }
}
