CREATE TABLE signing_request (
    id          TEXT NOT NULL PRIMARY KEY,
    board_id    TEXT NOT NULL REFERENCES board (id),
    client_id   TEXT NOT NULL,
    state       TEXT NOT NULL,
    request     TEXT NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    closed_at   BIGINT
);
CREATE INDEX signing_request_of_client ON signing_request (client_id, created_at);
CREATE INDEX signing_request_of_board ON signing_request (board_id, created_at);
CREATE INDEX signing_request_expiring ON signing_request (expires_at) WHERE closed_at IS NULL;

CREATE TABLE signing_piece (
    request_id   TEXT NOT NULL REFERENCES signing_request (id),
    ordinal      BIGINT NOT NULL,
    sha256       TEXT NOT NULL,
    length_bytes BIGINT NOT NULL,
    added_at     BIGINT NOT NULL,
    PRIMARY KEY (request_id, ordinal)
);
CREATE INDEX signing_piece_by_address ON signing_piece (sha256);

CREATE TABLE signing_attempt (
    id         TEXT NOT NULL PRIMARY KEY,
    request_id TEXT NOT NULL REFERENCES signing_request (id),
    slot       BIGINT NOT NULL,
    person_id  TEXT NOT NULL,
    short_code TEXT NOT NULL,
    state      TEXT NOT NULL,
    code       TEXT,
    cause      TEXT,
    tries_left BIGINT,
    started_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX signing_attempt_of_person ON signing_attempt (request_id, person_id, started_at);
