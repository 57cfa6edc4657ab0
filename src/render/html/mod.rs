//! Answers as HTML fragments: for pages, and as cards of the browser chat.
