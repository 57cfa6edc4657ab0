-- Scores that people set in place of the computed ones. Rows are never removed: what was shown once can be told again.
CREATE TABLE score_override (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    tenths BIGINT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    cleared_ms BIGINT,
    cleared_by TEXT,
    cleared_reason TEXT
);

-- Health configurations in the order in which they came into force; one that came back stands here twice.
CREATE TABLE health_rules (
    id INTEGER NOT NULL PRIMARY KEY,
    since_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    text TEXT NOT NULL
);

INSERT INTO counter (name, value) VALUES ('override', 0), ('health_rules', 0);
