//! The server as a stranger meets it: the real executable, over HTTP and from its command line.
//! `README.md` beside this file says which requirement which test holds up.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the failure, also in what its tests share"
)]

mod support;

mod account;
mod authorize;
mod bearer;
mod cli;
mod config;
mod consent;
mod discovery;
mod durability;
mod engine;
mod hosts;
mod isolation;
mod lifecycle;
mod mcp_protocol;
mod page_headers;
mod races;
mod refresh;
mod registration;
mod revoke;
mod secrets_in_logs;
mod sessions;
mod sign_up;
mod token;
mod tools_games;
mod tools_moves;
mod tools_refusals;
mod whole_game;
