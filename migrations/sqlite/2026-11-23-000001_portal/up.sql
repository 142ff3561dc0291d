CREATE TABLE organisations (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  sector TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  guard_percent INTEGER NOT NULL,
  guard_people INTEGER NOT NULL,
  active_residents BIGINT NOT NULL,
  archived_residents BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE places (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  parent_id BIGINT REFERENCES places (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX places_of_organisation ON places (organisation_id, parent_id);
CREATE UNIQUE INDEX homes_have_one_name ON places (organisation_id, name_folded) WHERE parent_id IS NULL;
CREATE UNIQUE INDEX zones_have_one_name ON places (parent_id, name_folded) WHERE parent_id IS NOT NULL;

CREATE TABLE accounts (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  is_representative BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  password_changed_at TIMESTAMP
);

CREATE TABLE memberships (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  role TEXT NOT NULL,
  permissions TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE UNIQUE INDEX one_membership_each ON memberships (account_id, organisation_id);
CREATE INDEX memberships_of_organisation ON memberships (organisation_id, role);

CREATE TABLE membership_places (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  membership_id BIGINT NOT NULL REFERENCES memberships (id) ON DELETE CASCADE,
  place_id BIGINT NOT NULL REFERENCES places (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_assignment_each ON membership_places (membership_id, place_id);

CREATE TABLE activations (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX activations_of_account ON activations (account_id);

CREATE TABLE sessions (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  token_hash TEXT NOT NULL UNIQUE,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  created_at TIMESTAMP NOT NULL,
  last_used_at TIMESTAMP NOT NULL,
  confirmed_at TIMESTAMP NOT NULL,
  address TEXT NOT NULL,
  device TEXT NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX sessions_of_account ON sessions (account_id, ended_at);
CREATE INDEX sessions_by_age ON sessions (created_at);

CREATE TABLE secret_checks (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE INDEX secret_checks_of_key ON secret_checks (key, at);
CREATE INDEX secret_checks_by_age ON secret_checks (at);

CREATE TABLE residents (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  home_id BIGINT NOT NULL REFERENCES places (id),
  zone_id BIGINT REFERENCES places (id),
  room TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  preferred_name TEXT NOT NULL,
  date_of_birth DATE,
  nhs_number TEXT NOT NULL,
  resident_type TEXT NOT NULL,
  care_status TEXT NOT NULL,
  state TEXT NOT NULL,
  archived_at TIMESTAMP,
  archived_because TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  look_alike BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX residents_in_order ON residents (organisation_id, state, sort_name, id);
CREATE INDEX residents_of_home ON residents (home_id, state, sort_name, id);
CREATE INDEX residents_of_zone ON residents (zone_id, state, sort_name, id);

CREATE TABLE resident_overrides (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  until DATE NOT NULL,
  set_by_name TEXT NOT NULL,
  set_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_override_each ON resident_overrides (resident_id, field);

CREATE TABLE relatives (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  relationship TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX relatives_of_account ON relatives (account_id);
CREATE UNIQUE INDEX one_relative_each ON relatives (resident_id, account_id);

CREATE TABLE staff_members (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  account_id BIGINT REFERENCES accounts (id),
  home_id BIGINT REFERENCES places (id),
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL,
  job_title TEXT NOT NULL,
  state TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  look_alike BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX staff_in_order ON staff_members (organisation_id, state, sort_name, id);

CREATE TABLE connections (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  vendor TEXT NOT NULL,
  available BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  sync_mode TEXT NOT NULL,
  multi_service BOOLEAN NOT NULL,
  multi_service_asked_at TIMESTAMP,
  terms_version TEXT NOT NULL,
  terms_accepted_at TIMESTAMP,
  terms_accepted_by TEXT NOT NULL,
  last_good_at TIMESTAMP,
  last_tried_at TIMESTAMP,
  last_failure TEXT NOT NULL,
  last_repair TEXT NOT NULL,
  failures INTEGER NOT NULL,
  alerted_at TIMESTAMP,
  alerted_whom TEXT NOT NULL,
  next_run_at TIMESTAMP,
  retry_at TIMESTAMP,
  services_read_at TIMESTAMP,
  last_complete_residents BIGINT NOT NULL,
  last_complete_staff BIGINT NOT NULL,
  matched_with TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_connection_each ON connections (organisation_id, vendor);
CREATE INDEX connections_due ON connections (next_run_at);

CREATE TABLE connection_tokens (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  label TEXT NOT NULL,
  sealed BLOB NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  ends_with TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  replaces BIGINT,
  expires_at TIMESTAMP,
  revoked_at TIMESTAMP,
  last_used_at TIMESTAMP
);
CREATE INDEX tokens_of_connection ON connection_tokens (connection_id);

CREATE TABLE vendor_services (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  token_id BIGINT REFERENCES connection_tokens (id),
  active BOOLEAN NOT NULL,
  locations TEXT NOT NULL,
  seen_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_service_each ON vendor_services (connection_id, external_id);

CREATE TABLE external_records (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  external_id TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  data TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  missing_runs INTEGER NOT NULL,
  left_hash TEXT NOT NULL,
  first_seen_at TIMESTAMP NOT NULL,
  changed_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_record_each ON external_records (connection_id, kind, external_id);
CREATE INDEX records_in_order ON external_records (connection_id, kind, sort_name, id);

CREATE TABLE pairings (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  external_record_id BIGINT NOT NULL REFERENCES external_records (id),
  local_id BIGINT NOT NULL,
  origin TEXT NOT NULL,
  rule TEXT NOT NULL,
  evidence TEXT NOT NULL,
  paired_by_name TEXT NOT NULL,
  paired_at TIMESTAMP NOT NULL,
  applied_at TIMESTAMP,
  run_id BIGINT,
  batch TEXT NOT NULL,
  ended_at TIMESTAMP,
  ended_by_name TEXT NOT NULL,
  ended_because TEXT NOT NULL
);
CREATE UNIQUE INDEX one_resident_per_record ON pairings (external_record_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_record_per_resident ON pairings (connection_id, kind, local_id) WHERE ended_at IS NULL;
CREATE INDEX pairings_of_local ON pairings (kind, local_id);
CREATE INDEX pairings_of_run ON pairings (run_id);

CREATE TABLE refusals (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  external_record_id BIGINT NOT NULL REFERENCES external_records (id),
  local_id BIGINT NOT NULL,
  because TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  withdrawn_at TIMESTAMP
);
CREATE UNIQUE INDEX one_refusal_each ON refusals (connection_id, kind, local_id, external_record_id) WHERE withdrawn_at IS NULL;

CREATE TABLE parked (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  local_id BIGINT NOT NULL,
  reason TEXT NOT NULL,
  until DATE NOT NULL,
  parked_by_name TEXT NOT NULL,
  parked_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_parking_each ON parked (connection_id, kind, local_id);

CREATE TABLE suggestions (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  local_id BIGINT NOT NULL,
  external_record_id BIGINT NOT NULL REFERENCES external_records (id),
  rank INTEGER NOT NULL,
  score BIGINT NOT NULL,
  several BOOLEAN NOT NULL,
  evidence TEXT NOT NULL
);
CREATE INDEX suggestions_of_local ON suggestions (connection_id, kind, local_id, rank);

CREATE TABLE unpaired (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  local_id BIGINT NOT NULL,
  why TEXT NOT NULL
);
CREATE UNIQUE INDEX one_reason_each ON unpaired (connection_id, kind, local_id);

CREATE TABLE sync_runs (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  cause TEXT NOT NULL,
  scope TEXT NOT NULL,
  is_preview BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  local_date DATE,
  requested_by BIGINT,
  requested_by_name TEXT NOT NULL,
  requested_at TIMESTAMP NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  lease_until TIMESTAMP,
  epoch BIGINT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  progress TEXT NOT NULL,
  cancel_asked BOOLEAN NOT NULL,
  counts TEXT NOT NULL,
  plan_hash TEXT NOT NULL,
  failure TEXT NOT NULL,
  repair TEXT NOT NULL,
  held_because TEXT NOT NULL,
  affected BIGINT NOT NULL,
  released_by BIGINT,
  released_by_name TEXT NOT NULL,
  seconded_by_name TEXT NOT NULL,
  undone_at TIMESTAMP,
  undone_by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX one_run_at_a_time ON sync_runs (connection_id) WHERE state IN ('requested', 'running', 'applying');
CREATE UNIQUE INDEX one_scheduled_run_a_day ON sync_runs (connection_id, local_date) WHERE local_date IS NOT NULL;
CREATE INDEX runs_of_connection ON sync_runs (connection_id, id);
CREATE INDEX runs_by_state ON sync_runs (state);

CREATE TABLE run_snapshots (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id BIGINT NOT NULL UNIQUE REFERENCES sync_runs (id) ON DELETE CASCADE,
  batch TEXT NOT NULL
);

CREATE TABLE run_changes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id BIGINT NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  local_id BIGINT,
  external_record_id BIGINT,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  words TEXT NOT NULL,
  undone BOOLEAN NOT NULL
);
CREATE INDEX changes_of_run ON run_changes (run_id, kind, id);
CREATE INDEX changes_of_local ON run_changes (subject, local_id, id);

CREATE TABLE run_problems (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  run_id BIGINT NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  subject TEXT NOT NULL,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  repair TEXT NOT NULL
);
CREATE INDEX problems_of_run ON run_problems (run_id, id);

CREATE TABLE audit_heads (
  organisation_id BIGINT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  events BIGINT NOT NULL
);

CREATE TABLE audit_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL,
  at TIMESTAMP NOT NULL,
  actor_id BIGINT,
  actor_name TEXT NOT NULL,
  verb TEXT NOT NULL,
  words TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id BIGINT,
  run_id BIGINT,
  details TEXT NOT NULL,
  address TEXT NOT NULL,
  session_id BIGINT,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX audit_in_order ON audit_events (organisation_id, id);
CREATE INDEX audit_of_subject ON audit_events (subject, subject_id, id);

CREATE TABLE letters (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT,
  message_id TEXT NOT NULL UNIQUE,
  to_email TEXT NOT NULL,
  to_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_text TEXT NOT NULL,
  body_html TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  last_error TEXT NOT NULL
);
CREATE INDEX letters_waiting ON letters (state, next_attempt_at);

CREATE TABLE installation (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TRIGGER audit_events_are_not_changed BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END;
CREATE TRIGGER audit_events_are_not_removed BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END;
