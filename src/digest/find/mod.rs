//! What is worth telling, one file for each kind of thing.

mod contracts;
mod health;
mod initiatives;
mod movers;
mod unusual;
