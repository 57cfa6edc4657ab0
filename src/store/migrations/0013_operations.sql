-- The sum of the checksums of an account's usage rows, by which it is known that they read back as they were written.
-- Unknown (NULL) for accounts whose usage is older than this.
ALTER TABLE account ADD COLUMN usage_sum BIGINT DEFAULT 0;
UPDATE account SET usage_sum = NULL WHERE id IN (SELECT account FROM usage);

-- How often etsm itself was used on a day: counts alone, nothing of who or about whom.
CREATE TABLE own_use (
    day TEXT NOT NULL,
    surface TEXT NOT NULL,
    role TEXT NOT NULL,
    operation TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, surface, role, operation)
);
