//! Journeys through the whole program, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod alerts;
mod anthropic;
mod api;
mod ask;
mod audit;
mod commands;
mod digests;
mod discord;
mod documents;
mod door;
mod dropping;
mod durability;
mod forms;
mod harness;
mod health;
mod hostile;
mod import;
mod logins;
mod operations;
mod outbox;
mod outlook;
mod pages;
mod pricing;
mod privacy;
mod pulling;
mod pushing;
mod questions;
mod roles;
mod serving;
mod soak;
mod staying_up;
mod store;
mod terminal;
mod tls;
mod torture;
