//! What a build needs besides Rust: the linker flags of the C++ engine, and the board as one HTML document.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// Where the board's sources lie, and what of them decides about the result.
const BOARD: &str = "assets/board";
const SOURCES: [&str; 5] = [
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "src",
];

/// The oldest Node that current releases of the bundler and of npm agree on.
const NODE: u32 = 20;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_ENGINE").is_some() {
        engine();
    }
    if env::var_os("CARGO_FEATURE_BOARD").is_some() {
        board();
    }
}

fn stop(sentence: &str) -> ! {
    eprintln!("{sentence}");
    std::process::exit(1);
}

fn engine() {
    println!("cargo:rerun-if-env-changed=CXX");
    let compiler = env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let Some(library) = static_library(&compiler) else {
        stop(&format!(
            "no C++ compiler `{compiler}`: the chess engine needs one (on Debian `apt install g++`; or set CXX; or \
             build with --no-default-features --features board and install Stockfish)"
        ));
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
    let linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let native = env::var("HOST") == env::var("TARGET");
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

/// Writes `board.html` to where the sources include it from.
fn board() {
    println!("cargo:rerun-if-env-changed=CHESS_MCP_BOARD");
    for source in SOURCES {
        println!("cargo:rerun-if-changed={BOARD}/{source}");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let target = out.join("board.html");
    if let Some(ready) = env::var_os("CHESS_MCP_BOARD") {
        println!("cargo:rerun-if-changed={}", Path::new(&ready).display());
        if let Err(fault) = fs::copy(&ready, &target) {
            stop(&format!(
                "CHESS_MCP_BOARD={}: {fault}",
                Path::new(&ready).display()
            ));
        }
        return;
    }
    if node_version().is_none_or(|version| version < NODE) {
        stop(&format!(
            "no Node {NODE} or newer: the board is bundled with it (install Node and npm; or set CHESS_MCP_BOARD to the \
             path of a ready board.html; or build with --no-default-features --features engine for a server that \
             answers in text and images only)"
        ));
    }
    let written = bundle(&out.join("board")).and_then(|html| Ok(fs::write(&target, html)?));
    if let Err(fault) = written {
        stop(&format!("the board cannot be bundled: {fault}"));
    }
}

/// The major version of the Node on the path.
fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Bundles a copy, so that nothing is ever written beside the sources.
fn bundle(copy: &Path) -> Result<String, Box<dyn Error>> {
    let modules = copy.join("node_modules");
    fs::create_dir_all(copy)?;
    fs::remove_dir_all(copy.join("src")).ok();
    for source in SOURCES {
        copy_into(&Path::new(BOARD).join(source), &copy.join(source))?;
    }
    run(Command::new(npm()).current_dir(copy).args([
        "ci",
        "--ignore-scripts",
        "--omit=dev",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ]))?;
    run(Command::new("node")
        .current_dir(copy)
        .arg(modules.join("esbuild/bin/esbuild"))
        .args([
            "src/main.tsx",
            "--bundle",
            "--minify",
            "--format=iife",
            "--target=es2022",
            "--charset=utf8",
            "--jsx=automatic",
            "--jsx-import-source=preact",
            "--legal-comments=none",
            "--log-level=warning",
            "--outdir=built",
        ]))?;
    let read = |name: &str| fs::read_to_string(copy.join("built").join(name));
    let (script, style) = (read("main.js")?, read("main.css")?);
    // The only text that would end the element early.
    let script = script.trim().replace("</script", "<\\/script");
    let html = fs::read_to_string(copy.join("index.html"))?;
    Ok(html
        .replacen("/* style */", style.trim(), 1)
        .replacen("/* script */", &script, 1))
}

fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn copy_into(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_into(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Runs a command; what it said is told only when it failed.
fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|fault| format!("{}: {fault}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(format!("{command:?} ended with {}\n{}{}", output.status, said[0], said[1]).into())
}
