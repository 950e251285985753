-- What was taken down: `key` is the host, or the URL without its scheme.
CREATE TABLE tombstones (
    key    TEXT    PRIMARY KEY,
    kind   TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    at_us  INTEGER NOT NULL,
    reason TEXT
) WITHOUT ROWID;

-- The documents that were deleted for it. They do not come back, by whatever page.
CREATE TABLE forgotten_records (
    id  TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (id, key)
) WITHOUT ROWID;
CREATE INDEX forgotten_records_by_key ON forgotten_records (key, id);

-- Or deleting a revision would look through every document for one that refers to it.
CREATE INDEX current_records_by_revision ON current_records (revision_no);
