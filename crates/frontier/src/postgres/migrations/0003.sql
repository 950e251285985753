-- What was taken down: `key` is the host, or the URL without its scheme.
CREATE TABLE forgotten (
    key text COLLATE "C" PRIMARY KEY,
    kind text NOT NULL,
    value text NOT NULL,
    at bigint NOT NULL,
    reason text
);
