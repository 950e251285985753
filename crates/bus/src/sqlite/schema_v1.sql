-- The bus, version 1.

CREATE TABLE queue (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE binding (
    queue_id INTEGER NOT NULL REFERENCES queue (id),
    pattern  TEXT    NOT NULL,
    PRIMARY KEY (queue_id, pattern)
) WITHOUT ROWID;

-- One row for each message published to at least one queue; deleted with its last delivery.
CREATE TABLE message (
    seq         INTEGER PRIMARY KEY,
    message_id  TEXT NOT NULL,
    type        TEXT NOT NULL,
    source      TEXT NOT NULL,
    time        TEXT NOT NULL,  -- RFC 3339, to the nanosecond
    routing_key TEXT NOT NULL,
    traceparent TEXT,
    body        BLOB NOT NULL   -- last, so that reading the envelope never walks its overflow pages
);

-- One row for each message and queue it lies in. Dead letters are rows too, and their ids are shown to
-- people: AUTOINCREMENT never gives one a second time.
CREATE TABLE delivery (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id        INTEGER NOT NULL REFERENCES queue (id),
    message_seq     INTEGER NOT NULL REFERENCES message (seq),
    bytes           INTEGER NOT NULL,            -- length of the body
    state           INTEGER NOT NULL DEFAULT 0,  -- 0 ready, 1 waiting for `due_at`, 2 out, 3 dead
    position        INTEGER NOT NULL,            -- place in the queue; rises, and is kept over a hand-back
    attempt         INTEGER NOT NULL DEFAULT 1,
    redelivered     INTEGER NOT NULL DEFAULT 0,
    suspicion       INTEGER NOT NULL DEFAULT 0,  -- 0 none, 1 alone in its queue, 2 alone on the bus
    crashes         INTEGER NOT NULL DEFAULT 0,
    due_at          INTEGER,                     -- microseconds since 1970, as are the following
    error           TEXT,
    first_failed_at INTEGER,
    last_failed_at  INTEGER
);

-- What to deliver next: ordinary messages by position, suspects by level.
CREATE INDEX delivery_ready ON delivery (queue_id, suspicion, position) WHERE state = 0;
-- Which retry is due next.
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 1;
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 3;
-- Whether a message has deliveries left.
CREATE INDEX delivery_message ON delivery (message_seq);
