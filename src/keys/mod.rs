//! Keys: the master key that seals what is kept, and the ring of RSA keys that sign tokens.

mod master;
mod reseal;
mod ring;
mod rotation;
mod schedule;
mod signing;

pub use master::{MasterKeyError, MasterKeySource, exchange_file, previous, prove, unlock};
pub use reseal::{ResealError, reseal_database};
pub use ring::{KeyError, KeyRing, open_all};
pub use rotation::{ListedKey, Published, Replaced};
pub use schedule::Outlook;
