-- Times are milliseconds since 1970 in UTC, money is micro-units, days are ISO text, lists are JSON text.
-- Everything here runs on SQLite and on PostgreSQL. `/*SQLITE …*/` marks words that only SQLite gets.

-- Small numbers that grow: the data version, how many usage rows there are, and the last id of each table.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES
    ('version', 0), ('usage', 0),
    ('source', 0), ('endpoint', 0), ('model', 0), ('account', 0), ('initiative', 0), ('note', 0);

-- Texts that usage repeats; a row of usage holds their numbers. No model is 0, so that a key never holds NULL.
CREATE TABLE source (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    watermark BIGINT
);
CREATE TABLE endpoint (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE model (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    owner TEXT,
    segment TEXT,
    plan TEXT,
    commit_micros BIGINT,
    commit_period TEXT,
    renewal TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL DEFAULT 'active'
);

-- One statement of a bucket or an event. `revision` counts how often it was replaced by another one.
CREATE TABLE usage (
    account INTEGER NOT NULL REFERENCES account (id),
    at_ms BIGINT NOT NULL,
    endpoint INTEGER NOT NULL,
    model INTEGER NOT NULL,
    source INTEGER NOT NULL,
    event TEXT NOT NULL,
    api_calls BIGINT NOT NULL,
    errors BIGINT,
    tokens BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    input BIGINT,
    output BIGINT,
    cached BIGINT,
    revision INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, at_ms, endpoint, model, source, event)
) /*SQLITE WITHOUT ROWID*/;

CREATE TABLE initiative (
    initiative_id TEXT NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    title TEXT NOT NULL,
    priority TEXT NOT NULL,
    status TEXT NOT NULL,
    owner TEXT,
    expected_revenue BIGINT,
    start_day TEXT,
    due_day TEXT,
    target TEXT
);
CREATE TABLE initiative_update (
    initiative_id TEXT NOT NULL REFERENCES initiative (initiative_id),
    position INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (initiative_id, position)
);

CREATE TABLE note (
    id INTEGER NOT NULL PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    at_ms BIGINT NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE TABLE kept (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
