-- How strong the suggestion was that somebody answered, and which swap ended a link.
ALTER TABLE pairings ADD COLUMN strength TEXT NOT NULL DEFAULT '';
ALTER TABLE pairings ADD COLUMN ended_with TEXT NOT NULL DEFAULT '';
ALTER TABLE refusals ADD COLUMN strength TEXT NOT NULL DEFAULT '';
CREATE INDEX pairings_ended_with ON pairings (ended_with) WHERE ended_with <> '';
