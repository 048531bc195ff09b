CREATE TABLE client (
    id           TEXT NOT NULL PRIMARY KEY,
    board_id     TEXT NOT NULL REFERENCES board (id),
    slug         TEXT NOT NULL,
    secret_hash  BLOB NOT NULL,
    registration TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    disabled_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX client_by_slug ON client (board_id, slug);

CREATE TABLE session (
    id               TEXT NOT NULL PRIMARY KEY,
    cookie_hash      BLOB NOT NULL,
    surname          TEXT NOT NULL,
    given_names      TEXT,
    means            TEXT NOT NULL,
    channel          TEXT NOT NULL,
    level            TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    seen_at          INTEGER NOT NULL,
    ended_at         INTEGER,
    end_reason       TEXT
) STRICT;
CREATE UNIQUE INDEX session_by_cookie ON session (cookie_hash);

CREATE TABLE session_person (
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    board_id   TEXT NOT NULL REFERENCES board (id),
    person_id  TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (session_id, board_id)
) STRICT;

CREATE TABLE interaction (
    id           TEXT NOT NULL PRIMARY KEY,
    board_id     TEXT NOT NULL REFERENCES board (id),
    browser_hash BLOB NOT NULL,
    task         TEXT NOT NULL,
    stage        TEXT NOT NULL,
    number       BLOB,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    finished_at  INTEGER
) STRICT;
CREATE INDEX interaction_by_browser ON interaction (browser_hash);
CREATE INDEX interaction_by_expiry ON interaction (expires_at);

CREATE TABLE challenge (
    interaction_id TEXT NOT NULL REFERENCES interaction (id) ON DELETE CASCADE,
    purpose        TEXT NOT NULL,
    browser_hash   BLOB NOT NULL,
    nonce          TEXT NOT NULL,
    expires_at     INTEGER NOT NULL,
    spent_at       INTEGER,
    PRIMARY KEY (interaction_id, purpose)
) STRICT;

CREATE TABLE pairwise_subject (
    board_id   TEXT NOT NULL REFERENCES board (id),
    sector     TEXT NOT NULL,
    person_id  TEXT NOT NULL REFERENCES person (id),
    subject    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (board_id, sector, person_id)
) STRICT;
CREATE UNIQUE INDEX pairwise_subject_by_subject ON pairwise_subject (board_id, sector, subject);

CREATE TABLE login_grant (
    id             TEXT NOT NULL PRIMARY KEY,
    board_id       TEXT NOT NULL REFERENCES board (id),
    client_id      TEXT NOT NULL REFERENCES client (id),
    person_id      TEXT NOT NULL REFERENCES person (id),
    session_id     TEXT NOT NULL REFERENCES session (id),
    subject        TEXT NOT NULL,
    scopes         TEXT NOT NULL,
    redirect_uri   TEXT NOT NULL,
    code_challenge TEXT NOT NULL,
    nonce          TEXT,
    capacity       TEXT,
    number         BLOB,
    code_hash      BLOB NOT NULL,
    code_expires_at INTEGER NOT NULL,
    code_spent_at  INTEGER,
    created_at     INTEGER NOT NULL,
    revoked_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX login_grant_by_code ON login_grant (code_hash);
CREATE INDEX login_grant_by_session ON login_grant (session_id, client_id);

CREATE TABLE access_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    client_id  TEXT NOT NULL REFERENCES client (id),
    grant_id   TEXT REFERENCES login_grant (id),
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX access_token_by_grant ON access_token (grant_id);
