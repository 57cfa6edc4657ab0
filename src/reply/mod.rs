//! What to say, before any platform: an answer is blocks of words, facts, tables and charts.
//!
//! Invariant: no bare numbers. A number that a person reads is a [`Fact`] or part of a date.

mod answer;
mod chart;
mod form;

pub use answer::{Action, Answer, AsOf, Block, Cell, Column, FactLine, Pick, Prose, Span, Table, Tone};
pub use chart::{
    BandSlice, BandsChart, Bar, BarsChart, ChartLevel, ChartMark, ChartSpec, CorridorChart, CorridorPoint,
    FactorBar, HealthCard, ScoreDay, ScoresChart, Series, SeriesChart, SeriesPoint, Step, StepsChart,
    TimelineChart, TimelineRow,
};
pub use form::{FIELDS_MAX, Field, Form};
