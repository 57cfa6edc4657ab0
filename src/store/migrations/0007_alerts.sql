-- Rules of alerts that were set by command. Empty text takes away a rule of the same name that stands in the settings.
CREATE TABLE alert_rule (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- Alerts from their first moment to their last, with their logs. A change is written only over the revision that it was
-- made from, so that of two at once none is lost.
CREATE TABLE alert (
    id BIGINT NOT NULL PRIMARY KEY,
    is_over BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    -- The revision that was given to the outbox, zero before the first: what was not is given after the next start.
    handed BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE INDEX alert_over ON alert (is_over, id);

-- What holds already, but not for long enough to be told.
CREATE TABLE alert_pending (
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (rule, subject)
);
