-- When a delivery was last tried and how that try was signed, so that its page shows the headers that were sent; and by
-- their end, for those that are removed.
ALTER TABLE webhook_deliveries ADD COLUMN last_attempt_at TIMESTAMP;
ALTER TABLE webhook_deliveries ADD COLUMN last_signature TEXT NOT NULL DEFAULT '';
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (settled_at);
