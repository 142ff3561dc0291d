ALTER TABLE resident_overrides DROP COLUMN reason;
