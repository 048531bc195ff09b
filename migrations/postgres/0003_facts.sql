CREATE TABLE fact (
    id          TEXT NOT NULL PRIMARY KEY,
    board_id    TEXT NOT NULL REFERENCES board (id),
    kind        TEXT NOT NULL,
    key         TEXT NOT NULL,
    valid_from  BIGINT NOT NULL,
    valid_to    BIGINT,
    valid       TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    supersedes  TEXT UNIQUE REFERENCES fact (id),
    source      TEXT NOT NULL,
    evidence    TEXT NOT NULL,
    content     TEXT NOT NULL
);
CREATE INDEX fact_by_record ON fact (board_id, recorded_at, id);
CREATE INDEX fact_by_key ON fact (board_id, key);

CREATE TABLE fact_import (
    id          TEXT NOT NULL PRIMARY KEY,
    board_id    TEXT NOT NULL REFERENCES board (id),
    source      TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    accepted    BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    report      TEXT NOT NULL
);
CREATE INDEX fact_import_by_board ON fact_import (board_id, imported_at);
