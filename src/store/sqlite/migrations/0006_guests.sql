-- Invited friends who play one game each without an account.
ALTER TABLE users ADD COLUMN guest INTEGER NOT NULL DEFAULT 0;
CREATE INDEX users_guests ON users (id) WHERE guest = 1;

-- A browser in which a guest sits at their game. Apart from the sessions of accounts, so that none is ever taken
-- for the other.
CREATE TABLE guest_sessions (
    cookie       BLOB PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    game_id      TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX guest_sessions_by_user ON guest_sessions (user_id);
CREATE INDEX guest_sessions_by_game ON guest_sessions (game_id);
CREATE INDEX guest_sessions_by_age ON guest_sessions (last_seen_at);
