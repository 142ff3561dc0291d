DROP TABLE late_parts;
DROP TABLE late_forms;
ALTER TABLE participations DROP COLUMN noted_at;
