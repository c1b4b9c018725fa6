//! People as their provider knows them.

/// Somebody with an account at the provider.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(super) number: u64,
    pub(crate) name: String,
    pub(super) email: Option<String>,
    pub(super) verified: bool,
}

impl Person {
    pub(crate) fn alice() -> Self {
        Self::new(1001, "Alice")
    }

    pub(crate) fn bob() -> Self {
        Self::new(1002, "Bob")
    }

    pub(crate) fn carol() -> Self {
        Self::new(1003, "Carol")
    }

    pub(crate) fn mallory() -> Self {
        Self::new(1666, "Mallory")
    }

    fn new(number: u64, name: &str) -> Self {
        Self {
            number,
            name: name.to_owned(),
            email: Some(format!("{}@players.example", name.to_lowercase())),
            verified: true,
        }
    }

    /// The name by which others address them there.
    pub(crate) fn login(&self) -> String {
        self.name.to_lowercase()
    }

    /// The same account under another name.
    pub(crate) fn renamed(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub(crate) fn with_email(mut self, email: &str) -> Self {
        self.email = Some(email.to_owned());
        self
    }

    pub(crate) fn without_email(mut self) -> Self {
        self.email = None;
        self
    }

    /// Nobody has checked that the address is theirs.
    pub(crate) fn unverified(mut self) -> Self {
        self.verified = false;
        self
    }
}
