//! A clock that a test moves.

use std::sync::Mutex;

use etsm::domain::Clock;
use jiff::SignedDuration;
use jiff::Timestamp;

pub struct TestClock {
    now: Mutex<Timestamp>,
}

impl TestClock {
    pub fn at(now: &str) -> Self {
        Self { now: Mutex::new(now.parse().unwrap()) }
    }

    /// It is then.
    pub fn set(&self, now: &str) {
        *self.now.lock().unwrap() = now.parse().unwrap();
    }

    /// Time passes.
    pub fn advance(&self, by: SignedDuration) {
        *self.now.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }
}
