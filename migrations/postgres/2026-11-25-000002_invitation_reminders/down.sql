DROP INDEX invitations_to_remind;
CREATE INDEX invitations_to_remind ON invitations (created_at) WHERE state = 'open' AND reminded_at IS NULL;
