CREATE TABLE trust_list (
    url        TEXT NOT NULL PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('lotl', 'national', 'pivot')),
    territory  TEXT NOT NULL,
    sequence   INTEGER NOT NULL,
    xml        BLOB NOT NULL,
    sha256     TEXT NOT NULL,
    fetched_at INTEGER NOT NULL
) STRICT;

CREATE TABLE trust_list_alarm (
    territory TEXT NOT NULL PRIMARY KEY,
    cause     TEXT NOT NULL,
    since     INTEGER NOT NULL
) STRICT;
