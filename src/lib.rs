//! `chess-mcp`: chess for chat assistants, with its own authorization server.
//!
//! # Map
//!
//! Two pure worlds know no clock, no socket and no database: [`chess`] (what may happen on a board) and
//! [`oauth`] (what may happen between a client, a person and a token). Around each, one application object
//! gives it memory and effects: [`games`] and [`issuer`]. Beneath them lie one [`store`], one key ring
//! ([`keys`]), the providers at which people prove who they are ([`upstream`]), the [`engine`] pool and the maker of
//! pictures ([`picture`]); above them two doors, [`http`] and [`mcp`], that only parse, call and render. [`app`] puts
//! the parts together, [`server`] opens the doors, [`cli`] and [`commands`] are how an operator gets there, and
//! [`janitor`] sweeps up what has ended.
//!
//! Small things that many share: people and guests ([`account`]), what is recorded of sign-ins ([`audit`]), ids
//! ([`id`]), secrets and randomness ([`secret`]), time ([`clock`]), addresses of our own ([`urls`]) and of the tunnel
//! ([`tunnel`]), the one HTTP client ([`net`]), figures ([`metrics`], [`census`]), strict JSON ([`json`]), spaced
//! repetition ([`repetition`]), and the bundled document of the [`board`].
//!
//! Imports only ever point from the doors towards the pure worlds; nothing below [`config`] reads
//! configuration, storage never learns an HTTP type, the domain never learns a column, and [`mcp`] never
//! learns a token: it sees a [`oauth::Principal`].

pub mod account;
pub mod app;
pub mod audit;
pub mod board;
pub mod census;
pub mod chess;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod engine;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod games;
pub mod http;
pub mod id;
pub mod issuer;
pub mod janitor;
pub mod json;
pub mod keys;
pub mod mcp;
pub mod metrics;
pub mod net;
pub mod oauth;
pub mod picture;
pub mod repetition;
pub mod secret;
pub mod server;
pub mod store;
pub mod tunnel;
pub mod upstream;
pub mod urls;
