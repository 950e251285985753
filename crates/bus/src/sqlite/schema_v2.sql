-- Version 2: who looks on, and what each has not read yet.

-- A listener, of any process. It makes and renews its row; only the owner deletes.
CREATE TABLE listener (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never another's, so that one that expired notices
    patterns   TEXT    NOT NULL,                   -- a JSON array
    expires_at INTEGER NOT NULL,                   -- microseconds since 1970
    is_served  INTEGER NOT NULL DEFAULT 0,         -- whether an owner at work knows of it
    read_to    INTEGER NOT NULL DEFAULT 0          -- the `n` up to which its messages may be deleted
);

CREATE TABLE heard (
    listener_id INTEGER NOT NULL REFERENCES listener (id),
    n           INTEGER NOT NULL,  -- 1, 2, 3… for each listener, so that a gap shows what was dropped
    message_seq INTEGER NOT NULL REFERENCES message (seq),
    bytes_to    INTEGER NOT NULL,  -- bytes of the bodies up to and with this one, counted from some earlier one
    bytes       INTEGER NOT NULL,  -- of its body
    PRIMARY KEY (listener_id, n)
) WITHOUT ROWID;

-- Whether a message is still to be read by a listener.
CREATE INDEX heard_message ON heard (message_seq);
