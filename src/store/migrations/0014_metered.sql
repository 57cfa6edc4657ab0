-- What a source tells of a row of `usage` beyond its figures; the key is that row's, without an event.
CREATE TABLE metered (
    source INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    account INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    model INTEGER NOT NULL,
    cache_write_short BIGINT NOT NULL,
    cache_write_long BIGINT NOT NULL,
    searches BIGINT NOT NULL,
    -- Cost before discounts, in micro-units; nothing where the source tells none.
    list BIGINT,
    PRIMARY KEY (source, at_ms, account, endpoint, model)
) /*SQLITE WITHOUT ROWID*/;

-- Usage that no rule of its source gives to an account, as of the last time that it was asked for.
CREATE TABLE unmapped (
    source TEXT NOT NULL,
    holder TEXT NOT NULL,
    name TEXT,
    account_id TEXT NOT NULL,
    PRIMARY KEY (source, holder)
);

-- What must be known about the figures of a source, in words.
ALTER TABLE source_course ADD COLUMN note TEXT;

-- Models that come to an end, by who told so. The day is nothing while none is set.
CREATE TABLE model_life (
    told_by TEXT NOT NULL,
    name TEXT NOT NULL,
    retires_day TEXT,
    replacement TEXT,
    PRIMARY KEY (told_by, name)
);
