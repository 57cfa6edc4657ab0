-- Messages on their way out. A message is one or several parts, each of which becomes one message of the platform.
CREATE TABLE message (
    message_key TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    destination TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('message', 0), ('digest', 0);

-- `revision` is that of the body here, `tried` of the last attempt that began, `shown` of what stands there (0: nothing).
-- `doubt_ms` is when the first attempt began whose end is not known. Files are JSON of [name, base64], gone once posted.
CREATE TABLE message_part (
    message_key TEXT NOT NULL REFERENCES message (message_key),
    position BIGINT NOT NULL,
    nonce TEXT NOT NULL,
    marker TEXT NOT NULL,
    body TEXT NOT NULL,
    files TEXT NOT NULL,
    revision BIGINT NOT NULL,
    tried BIGINT NOT NULL DEFAULT 0,
    shown BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL,
    posted_id TEXT,
    tries BIGINT NOT NULL DEFAULT 0,
    next_try_ms BIGINT NOT NULL,
    doubt_ms BIGINT,
    why TEXT,
    PRIMARY KEY (message_key, position)
);
CREATE INDEX message_part_state ON message_part (state);

-- Digests that were subscribed to by command; those of the configuration stay there.
CREATE TABLE digest_schedule (
    name TEXT NOT NULL PRIMARY KEY,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    scope TEXT NOT NULL,
    destination TEXT NOT NULL,
    catch_up_s BIGINT NOT NULL,
    policy TEXT NOT NULL,
    author TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);

-- From when on the slots of a digest count, for the timing that it then had; and whether it is paused, and by whom.
CREATE TABLE digest_course (
    name TEXT NOT NULL PRIMARY KEY,
    timing TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    paused_ms BIGINT,
    paused_by TEXT
);

-- One row is one digest: its unique slot makes sure that it comes once.
CREATE TABLE digest_occurrence (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    slot_ms BIGINT NOT NULL,
    destination TEXT NOT NULL,
    scope TEXT NOT NULL,
    asked_by TEXT,
    state TEXT NOT NULL,
    late BIGINT NOT NULL,
    claimed_ms BIGINT NOT NULL,
    ended_ms BIGINT,
    written TEXT,
    kept TEXT,
    remembers TEXT,
    why TEXT,
    UNIQUE (name, slot_ms, destination)
);
CREATE INDEX digest_occurrence_state ON digest_occurrence (state);
