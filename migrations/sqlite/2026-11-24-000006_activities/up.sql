CREATE TABLE activities (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  name TEXT NOT NULL,
  details TEXT NOT NULL,
  location TEXT NOT NULL,
  starts_at TIMESTAMP NOT NULL,
  state TEXT NOT NULL,
  planned_by BIGINT,
  planned_by_name TEXT NOT NULL,
  completed_by BIGINT,
  completed_by_name TEXT NOT NULL,
  completed_at TIMESTAMP,
  cancelled_because TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX activities_of_organisation ON activities (organisation_id, state, starts_at);
CREATE INDEX activities_of_planner ON activities (planned_by, id);

CREATE TABLE participations (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  activity_id BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  resident_id BIGINT NOT NULL REFERENCES residents (id),
  key TEXT NOT NULL UNIQUE,
  at TIMESTAMP NOT NULL,
  state TEXT NOT NULL,
  took_part BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  rating INTEGER,
  comment TEXT NOT NULL,
  completed_by TEXT NOT NULL,
  version INTEGER NOT NULL,
  recorded_by BIGINT,
  recorded_by_name TEXT NOT NULL,
  recorded_at TIMESTAMP
);
CREATE UNIQUE INDEX one_participation_each ON participations (activity_id, resident_id);
CREATE INDEX participations_of_resident ON participations (resident_id, state, at);

-- What waits for a person's timeline in the care record, or stands on it. `pending` is true until it is settled.
CREATE TABLE timeline_entries (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id),
  vendor TEXT NOT NULL,
  source TEXT NOT NULL,
  source_id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  external_id TEXT NOT NULL UNIQUE,
  change TEXT NOT NULL,
  replaces_id BIGINT REFERENCES timeline_entries (id),
  occurred_at TIMESTAMP NOT NULL,
  activity_name TEXT NOT NULL,
  details TEXT NOT NULL,
  location TEXT NOT NULL,
  took_part BOOLEAN NOT NULL,
  rating INTEGER,
  comment TEXT NOT NULL,
  completed_by TEXT NOT NULL,
  state TEXT NOT NULL,
  pending BOOLEAN NOT NULL,
  because TEXT NOT NULL,
  repair TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  first_tried_at TIMESTAMP,
  next_attempt_at TIMESTAMP,
  lease_until TIMESTAMP,
  epoch BIGINT NOT NULL,
  look_first BOOLEAN NOT NULL,
  vendor_id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP
);
CREATE UNIQUE INDEX one_entry_a_version ON timeline_entries (source, source_id, version, vendor);
CREATE INDEX entries_of_organisation ON timeline_entries (organisation_id, pending, id);
CREATE INDEX entries_of_resident ON timeline_entries (resident_id, vendor, pending, id);
CREATE INDEX entries_by_state ON timeline_entries (organisation_id, state, id);
CREATE INDEX entries_under_way ON timeline_entries (state, lease_until);
CREATE INDEX entries_that_replace ON timeline_entries (replaces_id);

-- A connection that rests after failures, and when somebody was told.
CREATE TABLE timeline_pauses (
  connection_id BIGINT NOT NULL PRIMARY KEY REFERENCES connections (id),
  failures INTEGER NOT NULL,
  until TIMESTAMP,
  because TEXT NOT NULL,
  told_at TIMESTAMP
);
