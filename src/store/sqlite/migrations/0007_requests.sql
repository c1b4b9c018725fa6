-- A repeated request is looked for at each new game and import. Requests are kept as digests from here on.
UPDATE games SET request = NULL;
CREATE INDEX games_by_request ON games (user_id, request) WHERE touched = 0;
