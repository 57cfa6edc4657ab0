//! Where usage comes from.

use std::fmt;
use std::str::FromStr;

use super::account::words;

/// How usage comes from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// We ask for it, again and again.
    Pull,
    /// It is sent to us.
    Push,
    /// Files are laid into a folder.
    Folder,
    /// It is made up, for a demo.
    Simulated,
}

words!(
    SourceKind, "a kind of source",
    Pull => "pull", Push => "push", Folder => "folder", Simulated => "simulated"
);
