-- The one source that a key may send usage of; nothing where it may name any.
ALTER TABLE api_key ADD COLUMN source TEXT;

-- Rows of `usage` whose source told no cost: what they come to at the prices that were in force. It holds only while the
-- row has this very cost: a source that tells one later speaks for itself.
CREATE TABLE priced (
    account INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    endpoint INTEGER NOT NULL,
    model INTEGER NOT NULL,
    source INTEGER NOT NULL,
    event TEXT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (account, at_ms, endpoint, model, source, event)
) /*SQLITE WITHOUT ROWID*/;
