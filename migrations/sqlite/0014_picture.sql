-- The picture that a board's visible signatures carry: its coat of arms or logo, as the file it came in.
CREATE TABLE board_picture (
    board_id TEXT NOT NULL PRIMARY KEY REFERENCES board (id),
    bytes    BLOB NOT NULL,
    set_at   INTEGER NOT NULL
) STRICT;
