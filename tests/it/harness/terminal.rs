//! The terminal: the real program in a process of its own, over the same data.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub struct Terminal<'a> {
    pub(super) folder: &'a Path,
}

impl Terminal<'_> {
    /// `etsm ask LINE`: what it prints.
    pub async fn ask(&self, line: &str) -> String {
        self.run(&["ask", line]).await
    }

    /// `etsm ask LINE --json`.
    pub async fn ask_json(&self, line: &str) -> Value {
        serde_json::from_str(&self.run(&["ask", line, "--json"]).await).unwrap()
    }

    /// `etsm WORDS`: what it prints.
    pub async fn run(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etsm"));
        // Nothing of the developer's own configuration gets in; a `.env` file is looked for in the working folder.
        command.env_clear().env("ETSM_DATA_DIR", self.folder).current_dir(self.folder).args(words);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?} failed: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}
