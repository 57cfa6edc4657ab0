-- Who is let in: sessions of browsers, keys of programs, logins under way and passes that were used. Secrets are kept
-- as fingerprints alone.
CREATE TABLE session (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    -- Either a user of the chat server, or a name that the operator vouched for.
    user_id BIGINT,
    reader TEXT,
    agent TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);

CREATE INDEX session_seen ON session (seen_ms);

CREATE TABLE login (
    state_fingerprint TEXT NOT NULL PRIMARY KEY,
    browser_fingerprint TEXT NOT NULL,
    verifier TEXT NOT NULL,
    path TEXT NOT NULL,
    ends_ms BIGINT NOT NULL
);

CREATE TABLE used_pass (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    ends_ms BIGINT NOT NULL
);

CREATE TABLE api_key (
    name TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,
    -- ingest, read, admin; separated by blanks
    scopes TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    used_ms BIGINT,
    revoked_ms BIGINT
);
