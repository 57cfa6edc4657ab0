//! An answer and its blocks.

use jiff::Timestamp;

use crate::domain::Band;
use crate::domain::Fact;
use crate::domain::InitiativeStatus;

use super::chart::ChartSpec;

/// What is said to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// A line that reads alone: `Acme — health`. Hostile text may be in it; renderers escape.
    pub title: String,
    /// The parts, most important first.
    pub blocks: Vec<Block>,
    /// How fresh it is.
    pub as_of: AsOf,
    /// The same figures on the web: a path with query, as `/accounts/acme/usage?range=30d`.
    pub path: Option<String>,
    /// What may be asked next.
    pub actions: Vec<Action>,
    /// The same question with another choice, as the metric.
    pub picks: Vec<Pick>,
    /// Whether only the asker should see it wherever it is asked, as for help.
    pub private: bool,
}

impl Answer {
    /// The picture; an answer has one at most.
    #[must_use]
    pub fn chart(&self) -> Option<&ChartSpec> {
        self.blocks.iter().find_map(|block| match block {
            Block::Chart(spec) => Some(spec),
            Block::Text(_) | Block::Facts(_) | Block::Table(_) | Block::Caveat(_) => None,
        })
    }

    /// The users who are called in it, each once.
    #[must_use]
    pub fn called(&self) -> Vec<u64> {
        let prose = self.blocks.iter().filter_map(|block| match block {
            Block::Text(prose) => Some(prose),
            Block::Facts(_) | Block::Table(_) | Block::Chart(_) | Block::Caveat(_) => None,
        });
        let person = |span: &Span| match span {
            Span::Person { user, .. } => Some(*user),
            Span::Plain(_) | Span::Outside(_) | Span::Code(_) | Span::Fact(_) => None,
        };
        let mut users: Vec<u64> = prose.flat_map(|prose| prose.0.iter().filter_map(person)).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The band that the whole answer is about, as the health of one account.
    #[must_use]
    pub fn band(&self) -> Option<Band> {
        match self.chart()? {
            ChartSpec::Health(card) => card.band,
            ChartSpec::Scores(chart) => chart.days.last()?.band,
            ChartSpec::Series(_)
            | ChartSpec::Bands(_)
            | ChartSpec::Bars(_)
            | ChartSpec::Timeline(_)
            | ChartSpec::Corridor(_)
            | ChartSpec::Steps(_) => None,
        }
    }
}

/// How fresh an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// End of the data; `None` before the first import.
    pub data_until: Option<Timestamp>,
    /// Version of the snapshot that answered.
    pub version: u64,
}

/// One part of an answer.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer holds one chart; a box would trouble every printer for nothing"
)]
pub enum Block {
    /// Sentences.
    Text(Prose),
    /// Headline figures, the first one the most important.
    Facts(Vec<FactLine>),
    /// Rows and columns.
    Table(Table),
    /// A picture of the same figures; at most one in an answer.
    Chart(ChartSpec),
    /// What the reader must know to read the rest right, as data that are not in yet.
    Caveat(Prose),
}

/// A figure with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct FactLine {
    /// `API calls`.
    pub label: String,
    /// The figure.
    pub fact: Fact,
    /// Its change against the period before, when compared.
    pub change: Option<Fact>,
    /// Whether more is good; tells how a change is coloured. `None` is neither.
    pub more_is_good: Option<bool>,
}

/// A sentence or several, in pieces.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prose(pub Vec<Span>);

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Span {
    /// Our own words.
    Plain(String),
    /// Text from outside, as a name or a note; shown escaped and isolated (bidi).
    Outside(String),
    /// Something the reader may type, as `usage acme`.
    Code(String),
    /// A figure.
    Fact(Fact),
    /// Someone who is called, where the reader's platform can do that; else the name stands there.
    Person {
        /// The id of the user on the platform, from the settings.
        user: u64,
        /// What they are called here.
        name: String,
    },
}

impl Prose {
    /// Our own words alone.
    #[must_use]
    pub fn plain(words: impl Into<String>) -> Self {
        Self(vec![Span::Plain(words.into())])
    }

    /// With more of our own words.
    #[must_use]
    pub fn and(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Plain(words.into()));
        self
    }

    /// With text from outside.
    #[must_use]
    pub fn outside(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Outside(words.into()));
        self
    }

    /// With something to type.
    #[must_use]
    pub fn code(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Code(words.into()));
        self
    }

    /// With a figure.
    #[must_use]
    pub fn fact(mut self, fact: Fact) -> Self {
        self.0.push(Span::Fact(fact));
        self
    }
}

/// Rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What the rows are, as `By endpoint`.
    pub title: String,
    /// Left to right.
    pub columns: Vec<Column>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that exist but are not listed here.
    pub more: usize,
}

/// Head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// `Calls`.
    pub title: String,
    /// Numbers stand at the right.
    pub numeric: bool,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub fn words(title: &str) -> Self {
        Self { title: title.into(), numeric: false }
    }

    /// A column of figures.
    #[must_use]
    pub fn figures(title: &str) -> Self {
        Self { title: title.into(), numeric: true }
    }
}

/// One field of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing known; shown as a dash.
    Nothing,
    /// Our own words, or text from outside: always escaped.
    Text(String),
    /// Text that leads to a page of the dashboard.
    Link {
        /// What is shown; may be hostile text.
        text: String,
        /// Path with query.
        path: String,
    },
    /// A figure.
    Fact(Fact),
    /// A change, coloured by whether it is good.
    Change(Fact, Tone),
    /// A band, with its sign.
    Band(Band),
    /// A status, with its sign.
    Status(InitiativeStatus),
    /// A small line of values, oldest first; it is a picture, the figures stand elsewhere.
    Spark(Vec<f64>),
}

/// Meaning of a value for the reader; never shown by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As hoped.
    Good,
    /// Neither.
    Neutral,
    /// Needs a look.
    Bad,
}

/// Something to ask next, as a button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// On the button: `90 days`.
    pub label: String,
    /// The console line it stands for: `usage acme range:90d`.
    pub line: String,
    /// Whether it is what is shown already.
    pub current: bool,
    /// Whether a form asks for what the line leaves out, as for the text of `note acme`.
    pub form: bool,
}

/// One of several that may be shown, as a select.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// What is chosen: `Metric`.
    pub label: String,
    /// The choices, the one that is shown marked as current; at most 25.
    pub options: Vec<Action>,
}
