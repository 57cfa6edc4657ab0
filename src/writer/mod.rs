//! Sentences about facts: the port to whoever writes them.

mod conversation;

pub use conversation::{Conversation, Message, Piece, Said, SaidBy, Spent, Stop, Tool, Unwritten, Writer};
