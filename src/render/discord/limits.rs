//! What Discord accepts. Its client library checks only content, embed total and embed count; the rest is ours.
//!
//! Characters are Unicode code points, as the platform counts them. Alternative texts keep to `chart::ALT_CHARS_MAX`.

/// Characters of an embed's title.
pub const TITLE_CHARS_MAX: usize = 256;
/// Characters of an embed's description.
pub const DESCRIPTION_CHARS_MAX: usize = 4_096;
/// Fields of an embed.
pub const FIELDS_MAX: usize = 25;
/// Characters of a field's name.
pub const FIELD_NAME_CHARS_MAX: usize = 256;
/// Characters of a field's value.
pub const FIELD_VALUE_CHARS_MAX: usize = 1_024;
/// Characters of a footer.
pub const FOOTER_CHARS_MAX: usize = 2_048;
/// Characters of titles, descriptions, fields and footers over all embeds of a message.
pub const EMBEDS_CHARS_MAX: usize = 6_000;
/// Embeds of a message.
pub const EMBEDS_MAX: usize = 10;
/// Rows of components of a message.
pub const ROWS_MAX: usize = 5;
/// Buttons of a row.
pub const ROW_BUTTONS_MAX: usize = 5;
/// Characters of a button's label.
pub const LABEL_CHARS_MAX: usize = 80;
/// Choices of a select.
pub const OPTIONS_MAX: usize = 25;
/// Characters of a choice's label.
pub const OPTION_CHARS_MAX: usize = 100;
/// Characters of what a select says while nothing is chosen.
pub const PLACEHOLDER_CHARS_MAX: usize = 150;
/// Characters of a form's title.
pub const FORM_TITLE_CHARS_MAX: usize = 45;
/// Characters of a field's label.
pub const FIELD_LABEL_CHARS_MAX: usize = 45;
/// Characters of what a field says while it is empty.
pub const FIELD_HINT_CHARS_MAX: usize = 100;
/// Characters of a field's text.
pub const FIELD_TEXT_CHARS_MAX: usize = 4_000;
/// Characters of a button's custom id, and of what a choice stands for.
pub const CUSTOM_ID_CHARS_MAX: usize = 100;
/// Characters of the address behind a link button.
pub const LINK_CHARS_MAX: usize = 512;
/// Characters of a message's content.
pub const CONTENT_CHARS_MAX: usize = 2_000;
