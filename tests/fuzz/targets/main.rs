//! Every fuzz target in one executable, because linking takes longer than compiling them: FUZZ_TARGET names the one
//! that runs.
#![no_main]

mod authorize;
mod basic;
mod document;
mod fen;
mod form;
mod jwt;
mod message;
mod moves;
mod movetext;
mod pgn;
mod redirect_uri;
mod registration;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 12] = [
    ("authorize", authorize::run),
    ("basic", basic::run),
    ("document", document::run),
    ("fen", fen::run),
    ("form", form::run),
    ("jwt", jwt::run),
    ("message", message::run),
    ("moves", moves::run),
    ("movetext", movetext::run),
    ("pgn", pgn::run),
    ("redirect_uri", redirect_uri::run),
    ("registration", registration::run),
];

fn target() -> Target {
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    let names = TARGETS.map(|(known, _)| known).join(", ");
    found
        .unwrap_or_else(|| panic!("FUZZ_TARGET is one of {names}, not `{name}`"))
        .1
}

fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(target)(data);
});
