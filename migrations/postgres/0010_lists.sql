-- Documents that a person signs in one go, and whether their board lets one PIN do for the whole of a list.
ALTER TABLE board ADD COLUMN one_pin BIGINT NOT NULL DEFAULT 1;
CREATE TABLE signing_list (
    id         TEXT NOT NULL PRIMARY KEY,
    board_id   TEXT NOT NULL REFERENCES board (id),
    client_id  TEXT NOT NULL,
    title      TEXT NOT NULL,
    return_url TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE signing_list_item (
    list_id    TEXT NOT NULL REFERENCES signing_list (id),
    position   BIGINT NOT NULL,
    request_id TEXT NOT NULL REFERENCES signing_request (id),
    PRIMARY KEY (list_id, position)
);
CREATE UNIQUE INDEX signing_list_item_once ON signing_list_item (list_id, request_id);
-- Who works on a try: the counter's reader, or a browser beside which the card is. And what its signer was shown.
ALTER TABLE signing_attempt ADD COLUMN driver TEXT NOT NULL DEFAULT 'counter';
ALTER TABLE signing_attempt ADD COLUMN seen TEXT;
