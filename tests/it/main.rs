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
mod audit_walk;
mod clock_jumps;
mod commands;
mod decoders;
mod digests;
mod discord;
mod documents;
mod door;
mod dropping;
mod durability;
mod forms;
mod full_queue;
mod harness;
mod health;
mod hostile;
mod hostile_requests;
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
mod security;
mod serving;
mod soak;
mod spans;
mod staying_up;
mod store;
mod terminal;
mod tls;
mod torture;
