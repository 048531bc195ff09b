CREATE TABLE trust_authority (
    sha256   TEXT NOT NULL PRIMARY KEY,
    der      BYTEA NOT NULL,
    added_at BIGINT NOT NULL
);

CREATE TABLE trust_crl (
    issuer_sha256 TEXT NOT NULL,
    url           TEXT NOT NULL,
    der           BYTEA NOT NULL,
    this_update   BIGINT NOT NULL,
    fetched_at    BIGINT NOT NULL,
    PRIMARY KEY (issuer_sha256, url)
);
