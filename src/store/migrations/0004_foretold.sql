-- Forecasts as they were made. No account (the portfolio) is '', so that a key never holds NULL.
CREATE TABLE foretold (
    account_id TEXT NOT NULL,
    metric TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    middle BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    PRIMARY KEY (account_id, metric, from_ms, to_ms)
);
