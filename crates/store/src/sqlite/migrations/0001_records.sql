-- Times are microseconds since 1970-01-01T00:00Z; dates are ISO texts; truth values are 1 and 0.

-- Every revision of every document that was ever put here. `record` is the whole record as JSON.
CREATE TABLE revisions (
    revision_no       INTEGER PRIMARY KEY,
    id                TEXT    NOT NULL,
    content_hash      TEXT    NOT NULL,
    extractor_version INTEGER NOT NULL,
    parser_version    INTEGER NOT NULL,
    fetch_no          INTEGER NOT NULL,
    kind              TEXT    NOT NULL,
    first_seen_us     INTEGER NOT NULL,
    last_seen_us      INTEGER NOT NULL,
    record            TEXT    NOT NULL,
    UNIQUE (id, content_hash, extractor_version, parser_version)
);

-- The current revision of every document, spread out for queries.
CREATE TABLE current_records (
    record_no         INTEGER PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE,
    revision_no       INTEGER NOT NULL REFERENCES revisions (revision_no),
    first_seen_us     INTEGER NOT NULL,
    last_seen_us      INTEGER NOT NULL,
    changed_us        INTEGER NOT NULL,
    order_year        INTEGER NOT NULL,
    order_code        TEXT    NOT NULL,
    is_report         INTEGER NOT NULL,
    kind              TEXT    NOT NULL,
    kind_score        REAL    NOT NULL,
    title             TEXT,
    level             TEXT,
    adcode            TEXT,
    region            TEXT,
    province          TEXT,
    prefecture        TEXT,
    resolved_by       TEXT,
    government        TEXT,
    delivered_on      TEXT,
    year              INTEGER,
    review_year       INTEGER,
    plan_year         INTEGER,
    meeting_body      TEXT,
    meeting_term      INTEGER,
    meeting_session   INTEGER,
    meeting_text      TEXT,
    speaker           TEXT,
    speaker_office    TEXT,
    speaker_acting    INTEGER,
    completeness      TEXT    NOT NULL,
    text_chars        INTEGER NOT NULL,
    page_count        INTEGER NOT NULL,
    section_count     INTEGER NOT NULL,
    measurement_count INTEGER NOT NULL,
    glossary_count    INTEGER NOT NULL,
    warning_count     INTEGER NOT NULL,
    warning_codes     TEXT    NOT NULL,
    site              TEXT,
    family            TEXT,
    url               TEXT,
    canonical_url     TEXT,
    published_on      TEXT,
    fetched_us        INTEGER,
    -- Last, since reading any column behind it would mean reading through the text.
    text              TEXT    NOT NULL
);

CREATE INDEX current_records_in_order ON current_records (order_year DESC, order_code, id);
CREATE INDEX current_records_by_kind ON current_records (kind);
CREATE INDEX current_records_by_changed ON current_records (changed_us);

-- The numbers of the current revisions.
CREATE TABLE measurements (
    record_no  INTEGER NOT NULL REFERENCES current_records (record_no),
    ordinal    INTEGER NOT NULL,
    indicator  TEXT,
    subject    TEXT    NOT NULL,
    measure    TEXT    NOT NULL,
    value      REAL,
    value_max  REAL,
    unit       TEXT,
    counter    TEXT,
    bound      TEXT    NOT NULL,
    modality   TEXT    NOT NULL,
    period     TEXT,
    scope      TEXT,
    of_what    TEXT,
    basis      TEXT,
    quote      TEXT    NOT NULL,
    span_start INTEGER NOT NULL,
    span_end   INTEGER NOT NULL,
    section    INTEGER,
    PRIMARY KEY (record_no, ordinal)
) WITHOUT ROWID;

CREATE INDEX measurements_by_indicator ON measurements (indicator, record_no) WHERE indicator IS NOT NULL;

-- For people with a SQL prompt: what went out as a report, and the rest.
CREATE VIEW reports AS SELECT * FROM current_records WHERE is_report;
CREATE VIEW documents AS SELECT * FROM current_records WHERE NOT is_report;
