//! A form: what a call leaves out, asked for field by field.

/// A form to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `Note on Acme`. Hostile text may be in it; renderers escape.
    pub title: String,
    /// The call that the fields complete, as `note acme`; of something that is changed it holds what stood in the fields
    /// before.
    pub line: String,
    /// Top to bottom, at most [`FIELDS_MAX`].
    pub fields: Vec<Field>,
}

/// Most fields of a form; chat platforms allow no more.
pub const FIELDS_MAX: usize = 5;

/// One field of a form: text, on one line or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The option that it fills, as `due`.
    pub option: String,
    /// What stands beside it: `Due`.
    pub label: String,
    /// What may be written, shown while it is empty: `2026-01-31`.
    pub hint: String,
    /// What stands in it already; may be hostile text.
    pub value: String,
    /// Whether it has room for several lines.
    pub long: bool,
    /// Whether it must be filled in.
    pub needed: bool,
    /// Most characters.
    pub chars_max: usize,
}
