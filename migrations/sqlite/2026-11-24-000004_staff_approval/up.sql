-- People whom a vendor lists: those who wait for an account here, what is chosen for them, and what was decided.
CREATE TABLE approvals (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  external_record_id BIGINT NOT NULL UNIQUE REFERENCES external_records (id),
  state TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL,
  vendor_role TEXT NOT NULL,
  job_title TEXT NOT NULL,
  title_folded TEXT NOT NULL,
  service TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  flags TEXT NOT NULL,
  looked_flags TEXT NOT NULL,
  looked_by_name TEXT NOT NULL,
  left_before BOOLEAN NOT NULL,
  role TEXT,
  permissions TEXT NOT NULL,
  ends_on DATE,
  reason TEXT NOT NULL,
  since TIMESTAMP NOT NULL,
  decided_at TIMESTAMP,
  decided_by_name TEXT NOT NULL
);
CREATE INDEX approvals_in_order ON approvals (organisation_id, state, sort_name, id);
CREATE INDEX approvals_by_age ON approvals (organisation_id, state, since, id);
CREATE INDEX approvals_by_title ON approvals (organisation_id, state, title_folded);
CREATE INDEX approvals_of_connection ON approvals (connection_id);

CREATE TABLE approval_places (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  approval_id BIGINT NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
  place_id BIGINT NOT NULL REFERENCES places (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_place_each ON approval_places (approval_id, place_id);
CREATE INDEX approval_places_by_place ON approval_places (place_id);

-- Permissions under the name of a job.
CREATE TABLE permission_presets (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  permissions TEXT NOT NULL
);
CREATE UNIQUE INDEX one_preset_each ON permission_presets (organisation_id, name_folded);

-- Which daily letters an organisation has had, by its own date.
CREATE TABLE daily_letters (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  kind TEXT NOT NULL,
  local_date DATE NOT NULL
);
CREATE UNIQUE INDEX one_daily_letter_each ON daily_letters (organisation_id, kind, local_date);

ALTER TABLE staff_members ADD COLUMN suspended_at TIMESTAMP;
ALTER TABLE staff_members ADD COLUMN suspended_because TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_members ADD COLUMN suspended_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN ends_on DATE;
ALTER TABLE memberships ADD COLUMN staff_digest BOOLEAN NOT NULL DEFAULT TRUE;
CREATE INDEX memberships_that_end ON memberships (ends_on);
