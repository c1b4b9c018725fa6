//! What the C++ engine needs from the linker.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CXX");
    if std::env::var_os("CARGO_FEATURE_ENGINE").is_none() {
        return;
    }
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let Some(library) = static_library(&compiler) else {
        eprintln!(
            "no C++ compiler `{compiler}`: the chess engine needs one (on Debian `apt install g++`; or set CXX; or \
             build with --no-default-features and install Stockfish)"
        );
        std::process::exit(1);
    };
    link_statically(&library);
}

/// Where the compiler has its C++ library to link statically: its bare name if it has none, `None` if there
/// is no compiler.
fn static_library(compiler: &str) -> Option<String> {
    let mut words = compiler.split_whitespace();
    let output = Command::new(words.next()?)
        .args(words)
        .arg("-print-file-name=libstdc++.a")
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()
}

/// On Linux the release binary then runs where no C++ library is installed. Without a static library, or
/// elsewhere, the dynamic one that the engine's crate asks for stays.
fn link_statically(library: &str) {
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let native = std::env::var("HOST") == std::env::var("TARGET");
    let Some(directory) = Path::new(library.trim())
        .parent()
        .filter(|path| path.is_absolute())
    else {
        return;
    };
    if linux && native {
        println!("cargo:rustc-link-search=native={}", directory.display());
        println!("cargo:rustc-link-lib=static:-bundle=stdc++");
    }
}
