//! The server as a stranger meets it: the real executable, over HTTP and from its command line.
//! `README.md` beside this file says which requirement which test holds up.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the failure, also in what its tests share"
)]

mod support;

mod authorize;
mod bearer;
mod cli;
mod client_documents;
mod clients_command;
mod config;
mod consent;
mod discovery;
mod durability;
mod engine;
mod fuzz;
mod hosts;
mod hosts_emulated;
mod isolation;
mod lifecycle;
mod mcp_protocol;
mod races;
mod redirects;
mod refresh;
mod registration;
mod revoke;
mod rmcp_client;
mod secrets_in_logs;
mod token;
mod tools_games;
mod tools_moves;
mod tools_refusals;
mod trace;
mod whole_game;
