CREATE TABLE games (
    id            TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    opponent      TEXT NOT NULL,
    level         INTEGER,
    person_plays  TEXT NOT NULL,
    coach         INTEGER NOT NULL,
    start_fen     TEXT,
    moves         TEXT NOT NULL,
    result        TEXT NOT NULL,
    reason        TEXT,
    draw_offer    TEXT,
    eco           TEXT,
    opening       TEXT,
    revision      INTEGER NOT NULL,
    touched       INTEGER NOT NULL,
    request       TEXT,
    sent_text     TEXT,
    sent_ply      INTEGER,
    sent_at       INTEGER,
    undone_from   INTEGER,
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    -- Order of changes among one person's games; seconds are too coarse for "the one changed last".
    change        INTEGER NOT NULL,
    -- Derived, for lists.
    ply           INTEGER NOT NULL,
    turn          TEXT NOT NULL,
    reply_owed    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX games_by_change ON games (user_id, change);
CREATE INDEX games_unfinished ON games (user_id, change) WHERE reason IS NULL;
CREATE INDEX games_untouched ON games (user_id) WHERE touched = 0;
CREATE INDEX games_owed ON games (changed_at) WHERE reply_owed = 1;
