//! The engine inside our own executable: Fairy-Stockfish, reached by spawning ourselves with [`ARGUMENT`].
//!
//! # Design
//! A process of its own, not a library call: a crash, a hang or a leak of the C++ engine then costs one
//! search, the pool can kill it at a deadline, and the conversation is the same UCI as with any other
//! engine. The crate `rsffish` compiles the whole engine but binds only its rules; the two functions that
//! it leaves out are declared here by the names that the C++ compiler gives them (Itanium ABI: Linux,
//! macOS and the BSDs; not MSVC).
//!
//! The feature `engine` builds it in. Without it there is no C++ in the program, and [`run`] only says so.

use std::io;
use std::path::PathBuf;

#[cfg(not(feature = "engine"))]
pub use absent::run;
#[cfg(feature = "engine")]
pub use present::run;

/// The single argument that turns our executable into an engine.
pub const ARGUMENT: &str = "__engine";

/// The executable to spawn: the one that is running, even after its file was replaced by a newer one. `None`
/// where no engine is built in.
pub fn own_executable() -> io::Result<Option<PathBuf>> {
    if cfg!(not(feature = "engine")) {
        return Ok(None);
    }
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() {
        Ok(Some(running))
    } else {
        std::env::current_exe().map(Some)
    }
}

#[cfg(feature = "engine")]
mod present {
    use std::ffi::{c_char, c_int};
    use std::process::ExitCode;
    use std::ptr;

    /// `Stockfish::ThreadPool`: only its address matters here.
    #[repr(C)]
    struct ThreadPool {
        opaque: [u8; 0],
    }

    // `C-unwind`: a C++ exception that nothing catches ends this process instead of being undefined behaviour.
    #[expect(
        unsafe_code,
        reason = "declares functions of the C++ engine, checked against rsffish =0.0.20"
    )]
    unsafe extern "C-unwind" {
        /// `void Stockfish::UCI::loop(int argc, char* argv[])`
        #[link_name = "_ZN9Stockfish3UCI4loopEiPPc"]
        fn uci_loop(argc: c_int, argv: *mut *mut c_char);

        /// `void Stockfish::ThreadPool::set(size_t)`
        #[link_name = "_ZN9Stockfish10ThreadPool3setEm"]
        fn thread_pool_set(pool: *mut ThreadPool, threads: usize);

        /// `Stockfish::ThreadPool Stockfish::Threads`
        #[link_name = "_ZN9Stockfish7ThreadsE"]
        static mut THREADS: ThreadPool;
    }

    /// Speaks UCI on stdin and stdout until `quit` or the end of the input, which also stops a search: an engine
    /// whose parent is gone does not stay behind.
    ///
    /// `main` calls it before anything else and returns what it returns.
    pub fn run() -> ExitCode {
        rsffish::init();
        // With `argc` 1 the loop reads commands from stdin and never looks at `argv`.
        // SAFETY: `init` has set up everything that the loop uses, once, and no other thread of ours exists.
        #[expect(unsafe_code, reason = "runs the C++ engine's main loop")]
        unsafe {
            uci_loop(1, ptr::null_mut());
        }
        // SAFETY: the address of a C++ global that lives as long as the process; the loop has ended, so that
        // nobody else changes the pool. Waits for the search threads: they must not outlive the statics that
        // the exit destroys.
        #[expect(unsafe_code, reason = "joins the C++ engine's threads")]
        unsafe {
            thread_pool_set(&raw mut THREADS, 0);
        }
        ExitCode::SUCCESS
    }
}

#[cfg(not(feature = "engine"))]
mod absent {
    use std::process::ExitCode;

    use crate::engine::EngineError;

    /// Says that there is no engine.
    #[expect(clippy::print_stderr, reason = "the one line that says why the process ends")]
    pub fn run() -> ExitCode {
        eprintln!("chess-mcp: {}", EngineError::NotBuiltIn);
        ExitCode::FAILURE
    }
}
