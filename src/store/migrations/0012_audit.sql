-- Every change that someone makes, in order. `hash` is the SHA-256 of the hash before and of number, at_ms, kind, how,
-- request, who_kind, facts and seal; `seal` that of salt, who, subject, account, before and after. So what tells of
-- people and accounts can be replaced by an erasure, which is an entry itself, and the chain still holds.
CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    how TEXT NOT NULL,
    request TEXT,
    who_kind TEXT NOT NULL,
    -- JSON that tells of nobody: what an erasure or a cut has to prove.
    facts TEXT,
    who TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- '' for what is about no account, or about many.
    account TEXT NOT NULL,
    before TEXT,
    after TEXT,
    salt TEXT NOT NULL,
    seal TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account, number);
CREATE INDEX audit_kind ON audit (kind, number);
INSERT INTO counter (name, value) VALUES ('audit', 0);

-- The seal of an entry after an erasure replaced what it tells; the last one holds.
CREATE TABLE audit_reseal (
    erasure BIGINT NOT NULL,
    number BIGINT NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (erasure, number)
);

-- What comes in piece by piece and is one entry at its end. A row that stays tells of one that broke off.
CREATE TABLE intake (
    id BIGINT NOT NULL PRIMARY KEY,
    begun_ms BIGINT NOT NULL,
    kind TEXT NOT NULL,
    how TEXT NOT NULL,
    request TEXT,
    who_kind TEXT NOT NULL,
    who TEXT NOT NULL,
    subject TEXT NOT NULL,
    about TEXT NOT NULL,
    accepted BIGINT NOT NULL,
    replaced BIGINT NOT NULL
);

-- What was refused at the doors, counted by kind, address and hour, so that who knocks often fills no disk.
CREATE TABLE security_event (
    kind TEXT NOT NULL,
    address TEXT NOT NULL,
    hour_ms BIGINT NOT NULL,
    times BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    PRIMARY KEY (hour_ms, kind, address)
);
