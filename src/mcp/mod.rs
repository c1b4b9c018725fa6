//! The MCP door: parses calls, asks [`crate::games`], renders answers.
//!
//! # Design
//!
//! There are no sessions: every request stands alone, so that hosts which forget, repeat or interleave them
//! find the same games, and a restart loses nothing. Both generations of the protocol are served, the one
//! with `initialize` and the stateless one of 2026-07-28. This module sees a [`crate::oauth::Principal`] and
//! never a token.

mod catalogue;
mod endpoint;
mod envelope;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod hosts;
mod input;
mod may;
mod profile;
mod prompts;
mod schema;
mod server;
mod text;
mod tools;
mod view;

pub use endpoint::{BoardCall, CallFault, Endpoint};
