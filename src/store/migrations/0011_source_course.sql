-- How it goes with each source that usage comes from without anyone's doing: the last try and what came of it. Up to
-- when its usage is complete stands in `source`.
CREATE TABLE source_course (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    tried_ms BIGINT NOT NULL,
    succeeded_ms BIGINT,
    -- The last failure; it stays after a success, so that it can be told what it was.
    failed_ms BIGINT,
    failure TEXT,
    -- Tries that failed since the last success.
    failed_tries BIGINT NOT NULL,
    -- Rows that came, new or restated.
    rows_taken BIGINT NOT NULL,
    next_ms BIGINT
);
