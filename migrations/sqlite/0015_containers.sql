-- Documents of a list that one signature is over, in a container: where a card program or a reader signs once a PIN.
CREATE TABLE signing_container (
    id         TEXT NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    list_id    TEXT NOT NULL REFERENCES signing_list (id),
    state      TEXT NOT NULL,
    container  TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signing_container_unsigned ON signing_container (created_at) WHERE state = 'prepared';
