ALTER TABLE invitations DROP COLUMN printed_at;
