//! What a piece of work costs in wall clock and in CPU.

use std::time::{Duration, Instant};

/// What all threads of this process have used of the cores so far.
fn cpu() -> Duration {
    let mut nanos = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let used = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += used.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    }
    Duration::from_nanos(nanos)
}

/// What one run of some work takes.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// The median.
    pub(crate) wall: Duration,
    /// The mean, over all threads.
    pub(crate) cpu: Duration,
}

/// Runs `work` again and again for about a second, at least five times, after one run that is not counted.
pub(crate) fn measure<T>(mut work: impl FnMut() -> T) -> Cost {
    let mut run = |times: u32| {
        let began = Instant::now();
        for _ in 0..times {
            std::hint::black_box(work());
        }
        began.elapsed()
    };
    // Short work is timed in bundles, or the clock would be most of it.
    let bundle = (Duration::from_micros(50).as_nanos() / run(1).as_nanos().max(1)).clamp(1, 200) as u32;
    let (began, used, mut walls) = (Instant::now(), cpu(), Vec::new());
    while walls.len() < 5 || (began.elapsed() < Duration::from_secs(1) && walls.len() < 5_000) {
        walls.push(run(bundle) / bundle);
    }
    let cpu = (cpu() - used) / (walls.len() as u32 * bundle);
    walls.sort_unstable();
    Cost { wall: walls[walls.len() / 2], cpu }
}

/// A duration as a person reads it: `2.7 µs`, `51 ms`.
pub(crate) fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..10.0 => format!("{micros:.2} µs"),
        ..1_000.0 => format!("{micros:.0} µs"),
        ..100_000.0 => format!("{:.1} ms", micros / 1e3),
        ..1_000_000.0 => format!("{:.0} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
