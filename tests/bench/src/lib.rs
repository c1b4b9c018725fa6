//! What the programs of this package share: the server as a child process, connections to it, sign-ins, and games
//! that are looked back on.

pub mod famous;
pub mod figures;
pub mod looking_back;
pub mod release;
pub mod server;
pub mod sign_in;
pub mod wire;
