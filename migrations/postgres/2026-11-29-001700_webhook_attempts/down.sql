DROP INDEX webhook_deliveries_by_end;
ALTER TABLE webhook_deliveries DROP COLUMN last_signature;
ALTER TABLE webhook_deliveries DROP COLUMN last_attempt_at;
