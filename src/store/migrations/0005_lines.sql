-- Lines behind buttons and forms of chat that are too long for a custom id. Pruned when nobody was shown them for long.
CREATE TABLE line (
    line_key TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    shown_ms BIGINT NOT NULL
);

CREATE INDEX line_shown ON line (shown_ms);
