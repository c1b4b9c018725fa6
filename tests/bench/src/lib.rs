//! What the programs of this package share: the server as a child process, connections to it, and sign-ins.

pub mod figures;
pub mod release;
pub mod server;
pub mod sign_in;
pub mod wire;
