//! The server as a stranger meets it: the real executable, over HTTP and from its command line.
//! `README.md` beside this file says which requirement which test holds up.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the failure, also in what its tests share"
)]

mod support;

mod account;
mod attacks;
mod authorize;
mod bearer;
mod board;
mod callback;
mod cli;
mod client_documents;
mod clients_command;
mod config;
mod consent;
mod conversations;
mod discovery;
mod doctor;
mod durability;
mod early_answers;
mod engine;
mod flood;
mod friends;
mod fuzz;
mod hosts;
mod hosts_emulated;
mod id_token;
mod introspection;
mod isolation;
mod key_rotation;
mod lifecycle;
mod limits;
mod linked_providers;
mod mcp_protocol;
mod metrics;
mod move_texts;
mod page_headers;
mod pictures;
mod play;
mod provider_people;
mod provider_settings;
mod providers;
mod puzzles_command;
mod races;
mod redirects;
mod refresh;
mod registration;
mod revoke;
mod rmcp_client;
mod scopes;
mod secrets_in_logs;
mod sessions;
mod sign_up;
mod token;
mod tools_games;
mod tools_moves;
mod tools_refusals;
mod trace;
mod training;
#[cfg(target_os = "linux")]
mod tunnel;
mod upstream_misbehaviour;
mod userinfo;
mod whole_game;
