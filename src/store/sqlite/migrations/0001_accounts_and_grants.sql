CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE local_accounts (
    user_id       TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    username      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
) STRICT;

CREATE TABLE sign_in_failures (
    name    BLOB PRIMARY KEY,
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE browser_sessions (
    cookie       BLOB PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    auth_time    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id, last_seen_at);

CREATE TABLE clients (
    id            TEXT PRIMARY KEY,
    name          TEXT,
    redirect_uris TEXT NOT NULL,
    auth_method   TEXT NOT NULL,
    refreshes     INTEGER NOT NULL,
    scopes        TEXT NOT NULL,
    descriptive   TEXT NOT NULL,
    secret        BLOB,
    created_at    INTEGER NOT NULL,
    activated_at  INTEGER
) STRICT;
CREATE INDEX clients_unused ON clients (created_at) WHERE activated_at IS NULL;

CREATE TABLE sign_ins (
    handle       BLOB PRIMARY KEY,
    reference    TEXT NOT NULL,
    client_id    TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    state        TEXT,
    challenge    BLOB NOT NULL,
    scopes       TEXT NOT NULL,
    prompt_login INTEGER NOT NULL,
    max_age      INTEGER,
    browser      BLOB NOT NULL,
    expires_at   INTEGER NOT NULL,
    allowed      TEXT,
    grant_id     TEXT,
    done_at      INTEGER
) STRICT;
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);

CREATE TABLE grants (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id       TEXT NOT NULL,
    destination     TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    auth_time       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    last_used_at    INTEGER NOT NULL,
    used_generation INTEGER NOT NULL DEFAULT 0,
    revoked_at      INTEGER,
    revoke_reason   TEXT
) STRICT;
CREATE INDEX grants_by_user ON grants (user_id, client_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE authorization_codes (
    digest       BLOB PRIMARY KEY,
    grant_id     TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    client_id    TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge    BLOB NOT NULL,
    expires_at   INTEGER NOT NULL,
    redeemed_at  INTEGER
) STRICT;
CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

CREATE TABLE refresh_tokens (
    digest     BLOB PRIMARY KEY,
    grant_id   TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    retired_at INTEGER,
    successor  BLOB,
    sealed     TEXT
) STRICT;
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
-- The rule itself: a grant has at most one live refresh token.
CREATE UNIQUE INDEX refresh_tokens_live ON refresh_tokens (grant_id) WHERE retired_at IS NULL;

CREATE TABLE signing_keys (
    kid            TEXT PRIMARY KEY,
    modulus        TEXT NOT NULL,
    exponent       TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('active', 'retiring')),
    created_at     INTEGER NOT NULL
) STRICT;

-- Rises whenever something is taken out of use. Triggers do it, so that no code can forget, and commands
-- that run beside the server are noticed by it.
CREATE TABLE security_version (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO security_version (id, version) VALUES (1, 1);

CREATE TRIGGER grant_revoked AFTER UPDATE OF revoked_at ON grants BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER grant_deleted AFTER DELETE ON grants BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER user_changed AFTER UPDATE OF disabled_at ON users BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER user_deleted AFTER DELETE ON users BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER key_added AFTER INSERT ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER key_changed AFTER UPDATE ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER key_deleted AFTER DELETE ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;
