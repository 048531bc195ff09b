CREATE TABLE board (
    id                TEXT NOT NULL PRIMARY KEY,
    slug              TEXT NOT NULL UNIQUE,
    kind              TEXT NOT NULL,
    names             TEXT NOT NULL,
    enterprise_number TEXT NOT NULL,
    region            TEXT NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT;

CREATE TABLE board_key (
    kid        TEXT NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    purpose    TEXT NOT NULL,
    algorithm  TEXT NOT NULL,
    spki       BLOB NOT NULL,
    wrapped    BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;
CREATE INDEX board_key_by_purpose ON board_key (board_id, purpose);

CREATE TABLE board_secret (
    board_id   TEXT NOT NULL REFERENCES board (id),
    purpose    TEXT NOT NULL,
    wrapped    BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (board_id, purpose)
) STRICT;

CREATE TABLE person (
    id          TEXT NOT NULL PRIMARY KEY,
    board_id    TEXT NOT NULL REFERENCES board (id),
    pseudonym   BLOB,
    given_name  TEXT NOT NULL,
    family_name TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX person_by_pseudonym ON person (board_id, pseudonym) WHERE pseudonym IS NOT NULL;

CREATE TABLE audit_event (
    id       TEXT NOT NULL PRIMARY KEY,
    board_id TEXT NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    actor    TEXT,
    object   TEXT,
    result   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    sequence INTEGER,
    previous BLOB,
    hash     BLOB
) STRICT;
CREATE UNIQUE INDEX audit_event_by_sequence ON audit_event (board_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX audit_event_unchained ON audit_event (board_id, id) WHERE sequence IS NULL;

CREATE TABLE job (
    id           TEXT NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    next_run_at  INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    last_error   TEXT,
    locked_until INTEGER,
    done_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX job_open ON job (kind, subject) WHERE done_at IS NULL;
CREATE INDEX job_due ON job (next_run_at) WHERE done_at IS NULL;

CREATE TABLE idempotency (
    client_id      TEXT NOT NULL,
    key            TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    status         INTEGER,
    response       TEXT,
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (client_id, key)
) STRICT;
