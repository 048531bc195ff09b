CREATE TABLE trust_authority (
    sha256   TEXT NOT NULL PRIMARY KEY,
    der      BLOB NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE trust_crl (
    issuer_sha256 TEXT NOT NULL,
    url           TEXT NOT NULL,
    der           BLOB NOT NULL,
    this_update   INTEGER NOT NULL,
    fetched_at    INTEGER NOT NULL,
    PRIMARY KEY (issuer_sha256, url)
) STRICT;
