//! The door: settings, logging, the runtime, and one line for each failure.

use std::process::ExitCode;

use chess_mcp::cli::Cli;
use chess_mcp::config::LogFormat;
use chess_mcp::engine;
use clap::Parser as _;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Password hashing takes and gives back 19 MiB at a time, which the system's allocator keeps for each thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Before anything else: the pool spawns this executable to be its engine.
    if std::env::args_os().skip(1).eq([engine::embedded::ARGUMENT]) {
        return engine::embedded::run();
    }
    // Before any thread exists: it changes the environment.
    if let Err(error) = load_dotenv() {
        return fail(&format!(".env cannot be read: {error}"));
    }
    let cli = Cli::parse();
    let (config, faults) = match cli.config() {
        Ok(both) => both,
        Err(faults) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return fail(&lines.join("\nchess-mcp: "));
        }
    };
    log(config.log_format, &config.log_rules);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the system gives no threads: {error}")),
    };
    match runtime.block_on(cli.run(config, faults)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{error:#}")),
    }
}

fn load_dotenv() -> Result<(), dotenvy::Error> {
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => Err(error),
        _ => Ok(()),
    }
}

fn log(format: LogFormat, rules: &str) {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(rules))
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Pretty => subscriber.finish().with(filter_fn(is_heard)).init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .finish()
            .with(filter_fn(is_heard))
            .init(),
    }
}

/// The MCP library repeats in its log what callers say: their mistakes in its warnings, below them whole messages, with
/// the codes of invitations. Only its errors are heard, whatever `RUST_LOG` asks for.
fn is_heard(metadata: &Metadata<'_>) -> bool {
    !metadata.target().starts_with("rmcp") || *metadata.level() <= Level::ERROR
}

#[expect(clippy::print_stderr, reason = "the one line that says why the program ends")]
fn fail(why: &str) -> ExitCode {
    eprintln!("chess-mcp: {why}");
    ExitCode::FAILURE
}
