-- Why a field differs from the vendor's for a while.
ALTER TABLE resident_overrides ADD COLUMN reason TEXT NOT NULL DEFAULT '';
