CREATE TABLE trust_list (
    url        TEXT NOT NULL PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('lotl', 'national', 'pivot')),
    territory  TEXT NOT NULL,
    sequence   BIGINT NOT NULL,
    xml        BYTEA NOT NULL,
    sha256     TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);

CREATE TABLE trust_list_alarm (
    territory TEXT NOT NULL PRIMARY KEY,
    cause     TEXT NOT NULL,
    since     BIGINT NOT NULL
);
