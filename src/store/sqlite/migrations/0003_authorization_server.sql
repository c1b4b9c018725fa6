-- Clients come from three places: they register themselves, the operator adds them, or their id is the URL of a
-- metadata document.
ALTER TABLE clients ADD COLUMN added INTEGER NOT NULL DEFAULT 0;
UPDATE clients SET scopes = 'chess offline_access openid profile email' WHERE scopes = 'chess offline_access';

-- What metadata documents said when they were last read: survives restarts and the absence of their hosts.
CREATE TABLE client_documents (
    url          TEXT PRIMARY KEY,
    document     TEXT NOT NULL,
    fetched_at   INTEGER NOT NULL,
    fresh_until  INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX client_documents_by_use ON client_documents (last_used_at);

-- A sign-in keeps the client as it was when it began. Those under way (ten minutes at most) begin again.
DROP TABLE sign_ins;
CREATE TABLE sign_ins (
    handle         BLOB PRIMARY KEY,
    reference      TEXT NOT NULL,
    client_id      TEXT NOT NULL,
    client         TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    state          TEXT,
    challenge      BLOB NOT NULL,
    scopes         TEXT NOT NULL,
    nonce          TEXT,
    prompt_login   INTEGER NOT NULL,
    prompt_consent INTEGER NOT NULL,
    max_age        INTEGER,
    browser        BLOB NOT NULL,
    expires_at     INTEGER NOT NULL,
    allowed        TEXT,
    grant_id       TEXT,
    done_at        INTEGER
) STRICT;
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
CREATE INDEX sign_ins_by_client ON sign_ins (client_id);

-- So does a grant.
ALTER TABLE grants ADD COLUMN client TEXT NOT NULL DEFAULT '{"name":null,"refreshes":true,"fingerprint":""}';
UPDATE grants SET client = (
    SELECT json_object('name', name, 'refreshes', json(iif(refreshes, 'true', 'false')), 'fingerprint', '')
    FROM clients WHERE clients.id = grants.client_id)
WHERE client_id IN (SELECT id FROM clients);
CREATE INDEX grants_by_client ON grants (client_id);

ALTER TABLE authorization_codes ADD COLUMN nonce TEXT;

ALTER TABLE browser_sessions ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE browser_sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- Keys are published before they sign.
CREATE TABLE rotating_keys (
    kid            TEXT PRIMARY KEY,
    modulus        TEXT NOT NULL,
    exponent       TEXT NOT NULL,
    sealed_private TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('next', 'active', 'retiring')),
    created_at     INTEGER NOT NULL,
    state_since    INTEGER NOT NULL
) STRICT;
INSERT INTO rotating_keys
    SELECT kid, modulus, exponent, sealed_private, state, created_at, created_at FROM signing_keys;
DROP TABLE signing_keys;
ALTER TABLE rotating_keys RENAME TO signing_keys;
CREATE TRIGGER key_added AFTER INSERT ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER key_changed AFTER UPDATE ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;
CREATE TRIGGER key_deleted AFTER DELETE ON signing_keys BEGIN
    UPDATE security_version SET version = version + 1;
END;

-- What happened around sign-ins, grants and keys. It outlives what it names, so nothing is referenced.
CREATE TABLE audit_events (
    id        INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    reference TEXT,
    user_id   TEXT,
    client_id TEXT,
    grant_id  TEXT,
    network   TEXT,
    detail    TEXT
) STRICT;
CREATE INDEX audit_events_by_time ON audit_events (at);
CREATE INDEX audit_events_by_reference ON audit_events (reference) WHERE reference IS NOT NULL;
CREATE INDEX audit_events_by_grant ON audit_events (grant_id) WHERE grant_id IS NOT NULL;
