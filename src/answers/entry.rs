//! What a command of the catalogue says of itself: its words, its options and what may stand in them.

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
    /// Whether it changes something by itself; subcommands say it for themselves.
    pub writes: bool,
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
    /// Where there are forms, one asks for it when it is left out, so that nothing insists on it before.
    pub in_form: bool,
    /// What may stand in it.
    pub kind: OptionKind,
}

impl OptionEntry {
    pub(super) const fn may(name: &'static str, kind: OptionKind, about: &'static str) -> Self {
        Self { name, about, required: false, in_form: false, kind }
    }

    pub(super) const fn must(name: &'static str, kind: OptionKind, about: &'static str) -> Self {
        Self { name, about, required: true, in_form: false, kind }
    }

    pub(super) const fn must_in_form(name: &'static str, kind: OptionKind, about: &'static str) -> Self {
        Self { name, about, required: true, in_form: true, kind }
    }
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
    /// So many days ahead, `30d`; completed.
    Horizon,
    /// A day that has been, `2026-01-31` or so long ago, as `7d`; completed, any day may be typed.
    Since,
    /// A day to come, `2026-01-31`; completed, any day may be typed.
    Due,
    /// An amount of money.
    Money,
    /// Any text.
    Text,
    /// One of a fixed list of at most 25 words.
    OneOf(&'static [&'static str]),
    /// The name of a command; completed.
    Command,
    /// The name of a digest; completed.
    Digest,
    /// The id of an alert; completed.
    Alert,
}
