//! The commands, one short file each. Lines for people go to stdout, logs to stderr.

pub(crate) mod backup;
pub(crate) mod clients;
pub(crate) mod doctor;
pub(crate) mod grants;
pub(crate) mod keys;
pub(crate) mod puzzles;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod trace;
pub(crate) mod users;

use std::io::Write as _;

/// Prints a line for the person who ran the command. A closed pipe is their own wish.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
