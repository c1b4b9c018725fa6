-- Accounts elsewhere that lead to people here. What names one is issuer and subject; the rest was told by the way.
CREATE TABLE identities (
    issuer         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider       TEXT NOT NULL,
    login          TEXT,
    name           TEXT,
    email          TEXT,
    email_verified INTEGER NOT NULL,
    linked_at      INTEGER NOT NULL,
    last_used_at   INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);

-- Browsers that were sent to a provider and are to come back: for an app's sign-in, to link for a person, or, with
-- neither, to open the account page.
CREATE TABLE departures (
    state         BLOB PRIMARY KEY,
    provider      TEXT NOT NULL,
    browser       BLOB NOT NULL,
    sealed_handle TEXT,
    user_id       TEXT REFERENCES users (id) ON DELETE CASCADE,
    expires_at    INTEGER NOT NULL,
    CHECK (sealed_handle IS NULL OR user_id IS NULL)
) STRICT;
CREATE INDEX departures_by_expiry ON departures (expires_at);

-- Who came back with another browser is asked once more before anything is granted.
ALTER TABLE sign_ins ADD COLUMN proven_user TEXT;
ALTER TABLE sign_ins ADD COLUMN proven_at INTEGER;
