-- Who asked the representative for an integration, and who ticked that the vendor is paid for it.
ALTER TABLE connections ADD COLUMN asked_at TIMESTAMP;
ALTER TABLE connections ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE connections ADD COLUMN charge_accepted_at TIMESTAMP;
ALTER TABLE connections ADD COLUMN charge_accepted_by TEXT NOT NULL DEFAULT '';

-- Since when syncs fail in a row.
ALTER TABLE connections ADD COLUMN failing_since TIMESTAMP;

-- Questions about its services that went unanswered in a row.
ALTER TABLE connections ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0;

-- Until when the vendor takes a key that we received, where somebody said so. It is warned of, and goes on being used.
ALTER TABLE connection_tokens ADD COLUMN valid_until TIMESTAMP;
