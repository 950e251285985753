-- Texts that order or identify compare by code point, whatever the database's locale.

-- Every document that was ever put here. Who puts into a document locks its row first.
CREATE TABLE documents (
    document_no   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text        COLLATE "C" NOT NULL UNIQUE,
    -- The current revision. Null only inside the transaction that makes the row.
    revision_no   bigint,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    changed_at    timestamptz
);

CREATE INDEX documents_by_changed ON documents (changed_at);

-- Every revision of every document. `record` is the whole record.
CREATE TABLE revisions (
    revision_no       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_no       bigint      NOT NULL REFERENCES documents (document_no),
    content_hash      text        COLLATE "C" NOT NULL,
    extractor_version bigint      NOT NULL,
    parser_version    bigint      NOT NULL,
    fetch_no          bigint      NOT NULL,
    kind              text        NOT NULL,
    first_seen_at     timestamptz NOT NULL,
    last_seen_at      timestamptz NOT NULL,
    record            jsonb       NOT NULL,
    UNIQUE (document_no, content_hash, extractor_version, parser_version)
);

ALTER TABLE documents ADD FOREIGN KEY (revision_no) REFERENCES revisions (revision_no);

-- The current revision of every document, spread out for queries.
CREATE TABLE current_records (
    document_no       bigint  PRIMARY KEY REFERENCES documents (document_no),
    id                text    COLLATE "C" NOT NULL UNIQUE,
    order_year        integer NOT NULL,
    order_code        text    COLLATE "C" NOT NULL,
    is_report         boolean NOT NULL,
    kind              text    NOT NULL,
    kind_score        double precision NOT NULL,
    title             text,
    level             text,
    adcode            text    COLLATE "C",
    region            text,
    province          text,
    prefecture        text,
    resolved_by       text,
    government        text,
    delivered_on      date,
    year              integer,
    review_year       integer,
    plan_year         integer,
    meeting_body      text,
    meeting_term      bigint,
    meeting_session   bigint,
    meeting_text      text,
    speaker           text,
    speaker_office    text,
    speaker_acting    boolean,
    completeness      text    NOT NULL,
    text_chars        bigint  NOT NULL,
    page_count        bigint  NOT NULL,
    section_count     bigint  NOT NULL,
    measurement_count bigint  NOT NULL,
    glossary_count    bigint  NOT NULL,
    warning_count     bigint  NOT NULL,
    warning_codes     text    NOT NULL,
    site              text,
    family            text,
    url               text,
    canonical_url     text,
    published_on      date,
    fetched_at        timestamptz,
    text              text    NOT NULL
);

CREATE INDEX current_records_in_order ON current_records (order_year DESC, order_code, id);
CREATE INDEX current_records_by_kind ON current_records (kind);
CREATE INDEX current_records_by_adcode ON current_records (adcode, plan_year);

-- The numbers of the current revisions. Without a foreign key: its check per row would cost more
-- than the row, and rows are written only under the lock of their document.
CREATE TABLE measurements (
    document_no bigint NOT NULL,
    ordinal     bigint NOT NULL,
    indicator   text,
    subject     text   NOT NULL,
    measure     text   NOT NULL,
    value       double precision,
    value_max   double precision,
    unit        text,
    counter     text,
    bound       text   NOT NULL,
    modality    text   NOT NULL,
    period      text,
    scope       text,
    of_what     text,
    basis       text,
    quote       text   NOT NULL,
    span_start  bigint NOT NULL,
    span_end    bigint NOT NULL,
    section     bigint,
    PRIMARY KEY (document_no, ordinal)
);

CREATE INDEX measurements_by_indicator ON measurements (indicator, document_no) WHERE indicator IS NOT NULL;

-- For people with a SQL prompt. The program itself reads the tables.
CREATE VIEW current_documents AS
SELECT c.id, c.is_report, c.kind, c.kind_score, c.title, c.level, c.adcode, c.region, c.province, c.prefecture,
       c.government, c.delivered_on, c.year, c.review_year, c.plan_year, c.meeting_body, c.meeting_term,
       c.meeting_session, c.meeting_text, c.speaker, c.speaker_office, c.speaker_acting, c.completeness, c.text_chars,
       c.page_count, c.section_count, c.measurement_count, c.glossary_count, c.warning_count, c.warning_codes, c.site,
       c.family, c.url, c.canonical_url, c.published_on, c.fetched_at, r.content_hash, r.fetch_no,
       r.extractor_version, r.parser_version, d.first_seen_at, d.last_seen_at, d.changed_at, c.text, r.record
FROM current_records c
JOIN documents d ON d.document_no = c.document_no
JOIN revisions r ON r.revision_no = d.revision_no;

CREATE VIEW reports AS SELECT * FROM current_documents WHERE is_report;

CREATE VIEW report_measurements AS
SELECT c.id, c.kind, c.level, c.adcode, c.region, c.province, c.prefecture, c.year, c.review_year, c.plan_year,
       m.ordinal, m.indicator, m.subject, m.measure, m.value, m.value_max, m.unit, m.counter, m.bound, m.modality,
       m.period, m.scope, m.of_what, m.basis, m.quote, m.span_start, m.span_end, m.section
FROM current_records c
JOIN measurements m ON m.document_no = c.document_no
WHERE c.is_report;
