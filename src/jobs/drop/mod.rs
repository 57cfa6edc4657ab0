//! A folder that is watched: files that are laid into it are imported, and moved on with a report beside them.
//!
//! Invariant: a file is moved on only after all that was to be kept of it is durable, and with its report. Whatever
//! breaks off before that is done again at the next look, which adds nothing twice.

mod folder;
mod name;
mod round;
mod watch;

pub use folder::{Folder, FolderFault};
pub use watch::Watch;
