CREATE TABLE block (
    id         TEXT NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    kind       TEXT NOT NULL,
    subject    BYTEA NOT NULL,
    reason     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    lifted_at  BIGINT
);
CREATE UNIQUE INDEX block_in_force ON block (board_id, kind, subject) WHERE lifted_at IS NULL;
