//! What the account page says once, after something was done.

macro_rules! notices {
    ($($(#[$doc:meta])* $notice:ident = $name:literal: $words:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::http) enum Notice {
            $($(#[$doc])* $notice,)*
        }

        impl Notice {
            /// Every notice.
            #[cfg(test)]
            pub(in crate::http) const ALL: &[Self] = &[$(Self::$notice),*];

            /// The word in the cookie.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$notice => $name,)*
                }
            }

            /// Reads that word; whatever else is in the cookie says nothing.
            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$notice),)*
                    _ => None,
                }
            }

            /// The sentence on the page.
            pub(in crate::http) fn words(self) -> &'static str {
                match self {
                    $(Self::$notice => $words,)*
                }
            }
        }
    };
}

notices! {
    /// A new account was made.
    Welcome = "welcome": "Your account is made, and you are signed in.",
    /// A seat was taken.
    Joined = "joined": "You have joined the game; it is among your games below, and your chat can show it.",
    /// This browser was signed out.
    SignedOut = "signed-out": "You are signed out.",
    /// A form came from a session that is over.
    SignInAgain = "sign-in-again": "Your session is over, so nothing was changed. Sign in and try again.",
    /// One app was cut.
    AppCut = "app-cut": "The app is cut off. It has to ask you again.",
    /// Every app was cut.
    AppsCut = "apps-cut": "All apps are cut off. They have to ask you again.",
    /// Another session was ended.
    SessionEnded = "session-ended": "That browser is signed out.",
    /// Every other session was ended.
    SessionsEnded = "sessions-ended": "All other browsers are signed out.",
    /// The password was changed.
    PasswordChanged = "password-changed": "Your password is changed and all other browsers are signed out. Your apps \
        stay connected: cut them off below if somebody else may have known the old one.",
    /// The password was changed and the apps were cut.
    PasswordChangedAppsCut = "password-changed-apps-cut": "Your password is changed, all other browsers are signed out \
        and all apps are cut off.",
    /// What was asked for takes a fresh sign-in.
    NotRecent = "not-recent": "To be sure that it is you, sign in once more; then do it again. Nothing was changed yet.",
    /// A provider's account became another way in.
    ProviderLinked = "provider-linked": "Linked. You can sign in with it from now on.",
    /// A provider's account leads to somebody else.
    ProviderTaken = "provider-taken": "That account already belongs to another player here, so it was not linked. To \
        move it, sign in with it and delete that player’s account first.",
    /// A provider's account is no longer a way in.
    ProviderUnlinked = "provider-unlinked": "Unlinked. It opens this account no more.",
    /// The only way in stays.
    LastWay = "last-way": "This is your only way to sign in, so it stays. Link another one first.",
    /// A game was deleted.
    GameDeleted = "game-deleted": "The game is deleted.",
    /// The account was deleted.
    AccountDeleted = "account-deleted": "Your account is deleted, with all your games and apps.",
}

impl Notice {
    /// Whether the page says it to somebody who is signed out.
    pub(in crate::http) fn is_for_strangers(self) -> bool {
        matches!(
            self,
            Self::SignedOut | Self::SignInAgain | Self::NotRecent | Self::AccountDeleted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_says_one_of_our_words_or_nothing() {
        for notice in Notice::ALL {
            assert_eq!(Notice::from_name(notice.name()), Some(*notice));
        }
        assert_eq!(Notice::from_name("<b>"), None);
    }
}
