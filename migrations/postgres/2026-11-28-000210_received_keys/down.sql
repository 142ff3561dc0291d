ALTER TABLE connection_tokens DROP COLUMN valid_until;
ALTER TABLE connections DROP COLUMN unheard;
ALTER TABLE connections DROP COLUMN failing_since;
ALTER TABLE connections DROP COLUMN charge_accepted_by;
ALTER TABLE connections DROP COLUMN charge_accepted_at;
ALTER TABLE connections DROP COLUMN asked_by;
ALTER TABLE connections DROP COLUMN asked_at;
