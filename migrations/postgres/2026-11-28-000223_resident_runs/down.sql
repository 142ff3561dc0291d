DROP INDEX runs_of_resident;
ALTER TABLE sync_runs DROP COLUMN resident_id;
