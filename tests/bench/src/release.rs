//! The executable that is measured.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};

/// The one that was given, or the release build of the package that this one lies in, made by cargo.
pub async fn executable(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => build().await,
    }
}

async fn build() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let mut cargo = tokio::process::Command::new("cargo");
    cargo.args([
        "build",
        "--release",
        "--bin",
        "chess-mcp",
        "--message-format=json-render-diagnostics",
    ]);
    cargo
        .arg("--manifest-path")
        .arg(manifest)
        .stderr(Stdio::inherit());
    let output = cargo.output().await.context("cargo does not start")?;
    anyhow::ensure!(output.status.success(), "cargo build failed");
    let messages = String::from_utf8(output.stdout)?;
    let mut executables = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    executables.next_back().context("cargo built no executable")
}
