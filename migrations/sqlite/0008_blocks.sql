CREATE TABLE block (
    id         TEXT NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    kind       TEXT NOT NULL,
    subject    BLOB NOT NULL,
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    lifted_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX block_in_force ON block (board_id, kind, subject) WHERE lifted_at IS NULL;
