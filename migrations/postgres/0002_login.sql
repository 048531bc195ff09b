CREATE TABLE client (
    id           TEXT NOT NULL PRIMARY KEY,
    board_id     TEXT NOT NULL REFERENCES board (id),
    slug         TEXT NOT NULL,
    secret_hash  BYTEA NOT NULL,
    registration TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    disabled_at  BIGINT
);
CREATE UNIQUE INDEX client_by_slug ON client (board_id, slug);

CREATE TABLE session (
    id               TEXT NOT NULL PRIMARY KEY,
    cookie_hash      BYTEA NOT NULL,
    surname          TEXT NOT NULL,
    given_names      TEXT,
    means            TEXT NOT NULL,
    channel          TEXT NOT NULL,
    level            TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    seen_at          BIGINT NOT NULL,
    ended_at         BIGINT,
    end_reason       TEXT
);
CREATE UNIQUE INDEX session_by_cookie ON session (cookie_hash);

CREATE TABLE session_person (
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    board_id   TEXT NOT NULL REFERENCES board (id),
    person_id  TEXT NOT NULL REFERENCES person (id),
    PRIMARY KEY (session_id, board_id)
);

CREATE TABLE interaction (
    id           TEXT NOT NULL PRIMARY KEY,
    board_id     TEXT NOT NULL REFERENCES board (id),
    browser_hash BYTEA NOT NULL,
    task         TEXT NOT NULL,
    stage        TEXT NOT NULL,
    number       BYTEA,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE INDEX interaction_by_browser ON interaction (browser_hash);
CREATE INDEX interaction_by_expiry ON interaction (expires_at);

CREATE TABLE challenge (
    interaction_id TEXT NOT NULL REFERENCES interaction (id) ON DELETE CASCADE,
    purpose        TEXT NOT NULL,
    browser_hash   BYTEA NOT NULL,
    nonce          TEXT NOT NULL,
    expires_at     BIGINT NOT NULL,
    spent_at       BIGINT,
    PRIMARY KEY (interaction_id, purpose)
);

CREATE TABLE pairwise_subject (
    board_id   TEXT NOT NULL REFERENCES board (id),
    sector     TEXT NOT NULL,
    person_id  TEXT NOT NULL REFERENCES person (id),
    subject    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (board_id, sector, person_id)
);
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
    number         BYTEA,
    code_hash      BYTEA NOT NULL,
    code_expires_at BIGINT NOT NULL,
    code_spent_at  BIGINT,
    created_at     BIGINT NOT NULL,
    revoked_at     BIGINT
);
CREATE UNIQUE INDEX login_grant_by_code ON login_grant (code_hash);
CREATE INDEX login_grant_by_session ON login_grant (session_id, client_id);

CREATE TABLE access_token (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    client_id  TEXT NOT NULL REFERENCES client (id),
    grant_id   TEXT REFERENCES login_grant (id),
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX access_token_by_grant ON access_token (grant_id);
