DROP INDEX one_entry_a_version;
CREATE UNIQUE INDEX one_entry_a_version ON timeline_entries (source, source_id, version, vendor);
DROP TABLE timeline_codes;
DROP TABLE timeline_choices;
DROP TABLE timeline_defaults;
