-- Which state an account's usage is in: a random number that each transaction draws anew for the accounts whose usage it
-- changes. Equal stamps in one database mean equal usage, even after a backup was put back; zero means never changed since
-- stamps are kept.
ALTER TABLE account ADD COLUMN usage_stamp BIGINT NOT NULL DEFAULT 0;
