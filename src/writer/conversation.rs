//! What is put to a writer, and what comes back; it knows no company and no protocol.

use std::time::Duration;

use serde_json::Value;

/// Whoever writes sentences: a language model behind a network.
#[async_trait::async_trait]
pub trait Writer: Send + Sync {
    /// The next turn of a conversation. Tries again by itself where that is of use, within [`Conversation::patience`].
    async fn say(&self, conversation: &Conversation) -> Result<Said, Unwritten>;

    /// Who writes, for the reader: the model's name.
    fn name(&self) -> &str;
}

/// All that a writer gets to see. What stays the same from call to call stands first, so that it can be cached.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// What to do and how; the same for every call of its kind.
    pub instructions: String,
    /// What the writer may call.
    pub tools: Vec<Tool>,
    /// The turns so far, the first one ours.
    pub messages: Vec<Message>,
    /// JSON schema of the answer; any text when `None`.
    pub shape: Option<Value>,
    /// Most tokens of the answer.
    pub tokens_max: u32,
    /// Longest time for the turn, all tries together.
    pub patience: Duration,
}

/// Something that a writer may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it is for and when to use it.
    pub about: String,
    /// JSON schema of its input.
    pub input: Value,
}

/// A turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Whose.
    pub by: SaidBy,
    /// Its parts, in order.
    pub pieces: Vec<Piece>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidBy {
    /// Ours.
    Us,
    /// The writer's.
    Writer,
}

/// A part of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Words.
    Text(String),
    /// The writer calls a tool.
    Call {
        /// Names this call.
        id: String,
        /// Which tool.
        tool: String,
        /// As the tool's schema wants it.
        input: Value,
    },
    /// What a call came to.
    Result {
        /// Of that call.
        id: String,
        /// What the tool says.
        text: String,
        /// Whether it failed.
        failed: bool,
    },
    /// A part that only the writer understands; it is handed back as it came.
    Opaque(Value),
}

/// A writer's turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Its parts, in order, unknown ones left as they came.
    pub pieces: Vec<Piece>,
    /// Why it ended.
    pub stop: Stop,
    /// What it cost.
    pub spent: Spent,
}

impl Said {
    /// Its words, parts joined.
    #[must_use]
    pub fn text(&self) -> String {
        let words = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Call { .. } | Piece::Result { .. } | Piece::Opaque(_) => None,
        });
        words.collect()
    }
}

/// Why a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// It is complete.
    Done,
    /// Tools are to be called.
    Calls,
    /// It was cut off at the most tokens.
    CutOff,
    /// The writer will not.
    Refused,
    /// Something not known here.
    Other(String),
}

/// Tokens that a turn used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Read anew.
    pub input: u64,
    /// Written into the cache.
    pub cached_write: u64,
    /// Read from the cache.
    pub cached_read: u64,
    /// Written.
    pub output: u64,
}

/// Why there is no turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// No writer is set up.
    #[error("no AI is set up")]
    NotSetUp,
    /// What may be spent today is spent.
    #[error("today's budget for the AI is spent; it is free again at {0} UTC")]
    BudgetSpent(jiff::civil::DateTime),
    /// The far side will not, and trying again is of no use.
    #[error("the AI refused the call: {0}")]
    Refused(String),
    /// The far side could not be reached or is busy, also after trying again.
    #[error("the AI did not answer: {0}")]
    Unreachable(String),
    /// What came cannot be read.
    #[error("the AI answered something that cannot be read: {0}")]
    Garbled(String),
}
