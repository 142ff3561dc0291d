DROP INDEX pairings_ended_with;
ALTER TABLE refusals DROP COLUMN strength;
ALTER TABLE pairings DROP COLUMN ended_with;
ALTER TABLE pairings DROP COLUMN strength;
