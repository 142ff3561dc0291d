ALTER TABLE relatives DROP COLUMN waiting;
ALTER TABLE relatives DROP COLUMN topics;
ALTER TABLE relatives DROP COLUMN is_primary;
ALTER TABLE relatives DROP COLUMN branch;
DROP TABLE consents;
