//! The catalogue of commands: help, registration in chat, completion and the manual all come from it.

/// A command, or a group of subcommands.
#[derive(Debug, Clone, Copy)]
pub struct CommandEntry {
    /// `usage`; lower case, as Discord wants it.
    pub name: &'static str,
    /// One sentence, at most 100 characters.
    pub about: &'static str,
    /// A line that can be typed as it stands.
    pub example: &'static str,
    /// Its options; empty when it has subcommands.
    pub options: &'static [OptionEntry],
    /// Its subcommands, as `list` of `initiative`.
    pub subcommands: &'static [SubcommandEntry],
}

/// A subcommand.
#[derive(Debug, Clone, Copy)]
pub struct SubcommandEntry {
    /// `list`.
    pub name: &'static str,
    /// One sentence, at most 100 characters.
    pub about: &'static str,
    /// A line that can be typed as it stands.
    pub example: &'static str,
    /// Its options.
    pub options: &'static [OptionEntry],
    /// Whether it changes something.
    pub writes: bool,
}

/// An option of a command.
#[derive(Debug, Clone, Copy)]
pub struct OptionEntry {
    /// `range`.
    pub name: &'static str,
    /// At most 100 characters.
    pub about: &'static str,
    /// Must be given. Required ones stand first.
    pub required: bool,
    /// What may stand in it.
    pub kind: OptionKind,
}

/// What may stand in an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// An account: id or name; completed.
    Account,
    /// An endpoint; completed.
    Endpoint,
    /// An initiative id; completed.
    Initiative,
    /// An owner; completed.
    Owner,
    /// A range of time; completed, any range may be typed.
    Range,
    /// A date, `2026-01-31`.
    Date,
    /// An amount of money.
    Money,
    /// Any text.
    Text,
    /// One of a fixed list of at most 25 words.
    OneOf(&'static [&'static str]),
    /// The name of a command; completed.
    Command,
}

/// All commands, in the order they are offered.
pub const CATALOG: &[CommandEntry] = &[];
