-- What was taken down: `key` is the host, or the URL without its scheme. Puts read it first, in their
-- own transaction; whoever changes it locks them out for that moment.
CREATE TABLE tombstones (
    key    text        COLLATE "C" PRIMARY KEY,
    kind   text        NOT NULL,
    value  text        NOT NULL,
    at     timestamptz NOT NULL,
    reason text
);

-- The documents that were deleted for it. They do not come back, by whatever page.
CREATE TABLE forgotten_records (
    id  text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    PRIMARY KEY (id, key)
);
CREATE INDEX forgotten_records_by_key ON forgotten_records (key, id);

-- Or deleting a revision would look through every document for one that refers to it.
CREATE INDEX documents_by_revision ON documents (revision_no);
