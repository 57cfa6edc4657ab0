//! etsm: the account desk of a technical success manager, inside the team's chat.
//!
//! A module names only modules on earlier lines; `tests/architecture.rs` keeps it so.

pub mod domain;

pub mod config;
pub mod problem;
pub mod reply;
pub mod telemetry;

pub mod access;
pub mod engine;
pub mod ingest;
pub mod outward;
pub mod store;

pub mod answers;
pub mod deliver;
pub mod writer;

pub mod alerts;
pub mod ask;
pub mod digest;
pub mod render;

pub mod adapters;
pub mod chat;
pub mod jobs;
pub mod web;

pub mod app;
