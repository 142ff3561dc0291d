ALTER TABLE note_pulls DROP COLUMN matched_with;
DROP TABLE mapping_reasons;
