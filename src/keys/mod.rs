//! Keys: the master key that seals what is kept, and the ring of RSA keys that sign access tokens.

mod master;
mod ring;
mod signing;

pub use master::{MasterKeyError, MasterKeySource, prove, unlock};
pub use ring::{KeyError, KeyRing, open_all};
