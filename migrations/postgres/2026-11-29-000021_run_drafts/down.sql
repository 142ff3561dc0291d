DROP TABLE draft_steps;
DROP TABLE run_drafts;
ALTER TABLE run_changes DROP COLUMN external_id;
