use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: the pool spawns this executable to be its engine.
    if std::env::args_os()
        .skip(1)
        .eq([chess_mcp::engine::embedded::ARGUMENT])
    {
        return chess_mcp::engine::embedded::run();
    }
    ExitCode::SUCCESS
}
