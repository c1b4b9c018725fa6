//! What a provider can be told to do wrong.

/// One fault, until it is told to behave again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The discovery document: whose issuer is another, which says something twice, is a page, is endless, moved,
    /// fails, or names an endpoint that is not secure.
    OtherIssuer,
    DocumentTwice,
    DocumentHtml,
    DocumentHuge,
    DocumentMoved,
    DocumentFails,
    InsecureEndpoint,

    /// The way back: of another issuer, of none although that was promised, refused, or failed, with markup.
    ForeignIss,
    MissingIss,
    Denies,
    Fails,
    FailsInMarkup,

    /// The token endpoint.
    TokenRefused,
    TokenFails,
    TokenHtml,
    TokenHuge,
    TokenSlow,
    TokenMoved,
    TokenTwice,
    NoAccessToken,
    NoIdToken,

    /// The ID token: what it says,
    WrongNonce,
    NoNonce,
    WrongAudience,
    OtherParty,
    WrongIssuer,
    WrongTenant,
    Expired,
    FromTomorrow,
    NoExpiry,
    NoSubject,
    EmptySubject,
    ClaimTwice,
    /// and how it is signed.
    ForeignKey,
    BroughtKey,
    UnknownKey,
    UnlistedAlgorithm,
    UnknownAlgorithm,
    Unsigned,
    MacWithPublicKey,
    NotAToken,

    /// The keys.
    KeysFail,
    KeysHtml,
    KeysHuge,
    KeysMoved,

    /// What it tells about the person: of somebody else, of nobody, not at all, as a page, endlessly, twice, elsewhere.
    OtherPerson,
    Nobody,
    EmptyName,
    PersonFails,
    PersonHtml,
    PersonHuge,
    PersonTwice,
    PersonMoved,
}
