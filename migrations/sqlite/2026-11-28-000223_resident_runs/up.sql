-- A sync of one resident alone: whom it is about. Like the lines of a run it outlives the resident.
ALTER TABLE sync_runs ADD COLUMN resident_id BIGINT;
CREATE INDEX runs_of_resident ON sync_runs (resident_id);
