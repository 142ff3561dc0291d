-- The state is bound when it is asked for, and a plan does not look at what is bound: it has to be a column.
DROP INDEX invitations_to_remind;
CREATE INDEX invitations_to_remind ON invitations (state, created_at) WHERE reminded_at IS NULL;
