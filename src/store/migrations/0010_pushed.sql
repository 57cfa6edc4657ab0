-- Answers to what was pushed under a key of the sender's own, so that the same push again gets the same answer. The id
-- stands for sender and key, the fingerprint for what was pushed; neither tells what they were made of.
CREATE TABLE pushed (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

CREATE INDEX pushed_at ON pushed (at_ms);
