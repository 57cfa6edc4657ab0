//! A call of a command, before its options are understood.

use crate::problem::Problem;

/// A command with named options; comes from a console line, a query string or Discord's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// `usage`, or `initiative list` for a subcommand.
    pub command: String,
    /// Options by name, in the order given, each name once.
    pub options: Vec<(String, String)>,
}

#[expect(clippy::todo, unused_variables, reason = "the grammar is being written")]
impl Invocation {
    /// Reads a console line, as `usage acme range:30d by:endpoint`: the first bare word is the first required option
    /// (the account), quotes hold blanks together, a leading `/` is dropped, and a word with an unknown `key:` is refused.
    pub fn parse(line: &str) -> Result<Self, Problem> {
        todo!()
    }
    /// From named options, as a query string or Discord gives them. Unknown names are refused.
    pub fn new(command: &str, options: impl IntoIterator<Item = (String, String)>) -> Result<Self, Problem> {
        todo!()
    }
    /// The console line that reads back as this.
    #[must_use]
    pub fn line(&self) -> String {
        todo!()
    }
    /// An option's text.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
