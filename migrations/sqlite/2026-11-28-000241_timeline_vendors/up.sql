-- In which care record an organisation's updates are written, where people have records in several.
CREATE TABLE timeline_defaults (
  organisation_id BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
  vendor TEXT NOT NULL
);

-- The same for one resident, whatever the organisation's is.
CREATE TABLE timeline_choices (
  resident_id BIGINT NOT NULL PRIMARY KEY REFERENCES residents (id),
  vendor TEXT NOT NULL
);

-- What an organisation calls a kind of entry at a vendor, where that is not what the vendor's profile says.
CREATE TABLE timeline_codes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  topic TEXT NOT NULL,
  code TEXT NOT NULL,
  UNIQUE (connection_id, topic)
);

-- A version of an act is written for one vendor only.
DROP INDEX one_entry_a_version;
CREATE UNIQUE INDEX one_entry_a_version ON timeline_entries (source, source_id, version);
