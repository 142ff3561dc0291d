-- Name and address as searches fold them, as residents and staff have it: SQLite folds the case of ASCII alone.
ALTER TABLE invitations ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
UPDATE invitations SET search_text = LOWER(name || ' ' || email);
