-- Old rows of the fetch log are found and deleted.
CREATE INDEX fetch_log_at ON fetch_log (at, id);
