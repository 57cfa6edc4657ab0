-- What was spent on the AI, by day (UTC). A call in progress counts with the most that it may come to.
CREATE TABLE outlay (
    day_ms BIGINT NOT NULL PRIMARY KEY,
    tokens BIGINT NOT NULL,
    micros BIGINT NOT NULL
);
