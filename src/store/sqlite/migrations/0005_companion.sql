-- Friends, puzzles, ratings, reviews, imported games.
ALTER TABLE games ADD COLUMN variant TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE games ADD COLUMN adaptive INTEGER NOT NULL DEFAULT 0;
ALTER TABLE games ADD COLUMN rated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE games ADD COLUMN hint_ply INTEGER;
ALTER TABLE games ADD COLUMN hint_step INTEGER;
-- The seven tags and more of a game that came from elsewhere, as JSON.
ALTER TABLE games ADD COLUMN imported TEXT;

-- The other person, once they have joined; then both see the game, each from their own side.
ALTER TABLE games ADD COLUMN friend_id TEXT REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE games ADD COLUMN invitation TEXT;
ALTER TABLE games ADD COLUMN invitation_ends INTEGER;
ALTER TABLE games ADD COLUMN days_per_move INTEGER;
ALTER TABLE games ADD COLUMN deadline INTEGER;
ALTER TABLE games ADD COLUMN undo_offer TEXT;
ALTER TABLE games ADD COLUMN declined TEXT;

ALTER TABLE games ADD COLUMN puzzle_id TEXT;
ALTER TABLE games ADD COLUMN puzzle_state TEXT;
ALTER TABLE games ADD COLUMN puzzle_failed INTEGER NOT NULL DEFAULT 0;

-- Two people share a game now, so the order of changes is one for everybody.
DROP INDEX games_by_change;
UPDATE games SET change = ordered.place
FROM (SELECT id, row_number() OVER (ORDER BY changed_at, change, id) AS place FROM games) AS ordered
WHERE ordered.id = games.id;
CREATE UNIQUE INDEX games_by_change ON games (change);
CREATE INDEX games_of_user ON games (user_id, change);
CREATE INDEX games_of_friend ON games (friend_id, change) WHERE friend_id IS NOT NULL;
CREATE INDEX games_of_friend_unfinished ON games (friend_id, change) WHERE friend_id IS NOT NULL AND reason IS NULL;
CREATE UNIQUE INDEX games_by_invitation ON games (invitation) WHERE invitation IS NOT NULL;
CREATE INDEX games_by_deadline ON games (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX games_by_puzzle ON games (user_id, puzzle_id) WHERE puzzle_id IS NOT NULL;

-- Every game as each of its players sees it.
CREATE VIEW seats AS
SELECT user_id AS player, person_plays AS side, friend_id AS other, 1 AS hosts, games.* FROM games
UNION ALL
SELECT friend_id, CASE person_plays WHEN 'white' THEN 'black' ELSE 'white' END, user_id, 0, games.* FROM games
WHERE friend_id IS NOT NULL;

-- Positions with one answer. `prior` is the rating they came with, by which they are found; `rating` follows play.
-- Those made from a person's own games are that person's alone.
CREATE TABLE puzzles (
    id         TEXT PRIMARY KEY,
    user_id    TEXT REFERENCES users (id) ON DELETE CASCADE,
    source     TEXT NOT NULL,
    fen        TEXT NOT NULL,
    moves      TEXT NOT NULL,
    themes     TEXT NOT NULL,
    prior      INTEGER NOT NULL,
    rating     REAL NOT NULL,
    deviation  REAL NOT NULL,
    volatility REAL NOT NULL,
    plays      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX puzzles_by_prior ON puzzles (prior, id) WHERE user_id IS NULL;
CREATE INDEX puzzles_by_user ON puzzles (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE puzzle_themes (
    theme     TEXT NOT NULL,
    prior     INTEGER NOT NULL,
    puzzle_id TEXT NOT NULL REFERENCES puzzles (id) ON DELETE CASCADE,
    PRIMARY KEY (theme, prior, puzzle_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX puzzle_themes_by_puzzle ON puzzle_themes (puzzle_id);

-- When a mistake is to be shown again.
CREATE TABLE recalls (
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    puzzle_id     TEXT NOT NULL REFERENCES puzzles (id) ON DELETE CASCADE,
    game_id       TEXT REFERENCES games (id) ON DELETE CASCADE,
    ply           INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    interval_days INTEGER NOT NULL,
    ease          REAL NOT NULL,
    repetitions   INTEGER NOT NULL,
    PRIMARY KEY (user_id, puzzle_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recalls_by_due ON recalls (user_id, due_at);

-- How strong a person is at what.
CREATE TABLE ratings (
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    rating     REAL NOT NULL,
    deviation  REAL NOT NULL,
    volatility REAL NOT NULL,
    plays      INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- What one game did to a rating, so that it can be taken back.
CREATE TABLE rating_changes (
    game_id TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind    TEXT NOT NULL,
    change  REAL NOT NULL,
    rating  REAL NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (game_id, user_id)
) STRICT, WITHOUT ROWID;

-- What an engine thought of each position of a game; holds for exactly these moves.
CREATE TABLE reviews (
    game_id     TEXT PRIMARY KEY REFERENCES games (id) ON DELETE CASCADE,
    moves       TEXT NOT NULL,
    assessments TEXT NOT NULL,
    accuracy_white REAL,
    accuracy_black REAL,
    made_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Games whose mistakes have become puzzles for a person.
CREATE TABLE mined (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    game_id TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, game_id)
) STRICT, WITHOUT ROWID;

-- Days on which a person finished a game or solved a puzzle, as days since 1970.
CREATE TABLE active_days (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    day     INTEGER NOT NULL,
    PRIMARY KEY (user_id, day)
) STRICT, WITHOUT ROWID;
