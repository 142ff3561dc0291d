ALTER TABLE invitations DROP COLUMN search_text;
