-- What may be asked of a practitioner: a skill, a training or a credential, in the organisation's words.
CREATE TABLE skills (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  retired_at TIMESTAMP,
  UNIQUE (organisation_id, name_folded)
);

-- Staff who visit patients. The base is where a day starts and ends.
CREATE TABLE practitioners (
  staff_member_id BIGINT NOT NULL PRIMARY KEY REFERENCES staff_members (id),
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  base_postcode TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX practitioners_of_organisation ON practitioners (organisation_id);

-- What a practitioner has, and until when; no date means without end.
CREATE TABLE practitioner_skills (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  staff_member_id BIGINT NOT NULL REFERENCES staff_members (id),
  skill_id BIGINT NOT NULL REFERENCES skills (id),
  expires_on DATE,
  reference TEXT NOT NULL,
  recorded_by_name TEXT NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  UNIQUE (staff_member_id, skill_id)
);
CREATE INDEX practitioner_skills_of_skill ON practitioner_skills (skill_id, expires_on);

-- When a practitioner works, in minutes of the organisation's day; weekdays from mon to sun, with commas.
CREATE TABLE shifts (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  staff_member_id BIGINT NOT NULL REFERENCES staff_members (id),
  weekdays TEXT NOT NULL,
  from_minute INTEGER NOT NULL,
  to_minute INTEGER NOT NULL
);
CREATE INDEX shifts_of_staff_member ON shifts (staff_member_id);

-- What is done at a visit. What it is stands in its versions.
CREATE TABLE tasks (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  public_id TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  retired_at TIMESTAMP,
  UNIQUE (public_id)
);
CREATE INDEX tasks_of_organisation ON tasks (organisation_id);

-- Draft until the organisation and the representative agreed; the newest agreed one is what is booked.
CREATE TABLE task_versions (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  task_id BIGINT NOT NULL REFERENCES tasks (id),
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  scheduled BOOLEAN NOT NULL,
  minimum_gap_days INTEGER NOT NULL,
  documents BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  agreed_by_name TEXT NOT NULL,
  agreed_at TIMESTAMP,
  representative_name TEXT NOT NULL,
  representative_agreed_at TIMESTAMP,
  created_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (task_id, number)
);

CREATE TABLE task_steps (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  task_version_id BIGINT NOT NULL REFERENCES task_versions (id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  snomed_code TEXT NOT NULL,
  UNIQUE (task_version_id, position)
);

CREATE TABLE task_skills (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  task_version_id BIGINT NOT NULL REFERENCES task_versions (id),
  skill_id BIGINT NOT NULL REFERENCES skills (id),
  UNIQUE (task_version_id, skill_id)
);
CREATE INDEX task_skills_of_skill ON task_skills (skill_id);

-- What a patient is promised: hours of the organisation's day, on weekdays, with so many places a day.
CREATE TABLE visit_windows (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  from_minute INTEGER NOT NULL,
  to_minute INTEGER NOT NULL,
  weekdays TEXT NOT NULL,
  capacity INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL,
  retired_at TIMESTAMP
);
CREATE INDEX visit_windows_of_organisation ON visit_windows (organisation_id);

-- Where visits are made: a postcode district, or so many miles around a district's middle.
CREATE TABLE coverage_areas (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  kind TEXT NOT NULL,
  district TEXT NOT NULL,
  miles INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (organisation_id, kind, district)
);

-- Programs that ask the API. The key is kept hashed; live and test never meet.
CREATE TABLE api_keys (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  key_end TEXT NOT NULL,
  scopes TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  last_used_at TIMESTAMP,
  revoked_at TIMESTAMP,
  UNIQUE (key_hash)
);
CREATE INDEX api_keys_of_organisation ON api_keys (organisation_id);

-- What was answered to a request that may be sent again.
CREATE TABLE idempotency_keys (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  api_key_id BIGINT NOT NULL REFERENCES api_keys (id),
  name TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (api_key_id, name)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What happened to an appointment, as programs are told it.
CREATE TABLE webhook_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  public_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (public_id)
);
CREATE INDEX webhook_events_of_organisation ON webhook_events (organisation_id, mode, id);
CREATE INDEX webhook_events_by_age ON webhook_events (created_at);

CREATE TABLE webhook_endpoints (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  name TEXT NOT NULL,
  url TEXT NOT NULL,
  secret TEXT NOT NULL,
  earlier_secret TEXT NOT NULL,
  earlier_until TIMESTAMP,
  kinds TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  disabled_at TIMESTAMP,
  disabled_because TEXT NOT NULL,
  removed_at TIMESTAMP
);
CREATE INDEX webhook_endpoints_of_organisation ON webhook_endpoints (organisation_id);

CREATE TABLE webhook_deliveries (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoints (id),
  event_id BIGINT NOT NULL REFERENCES webhook_events (id),
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_attempt_at TIMESTAMP,
  claimed_until TIMESTAMP,
  last_status INTEGER,
  last_words TEXT NOT NULL,
  last_milliseconds INTEGER NOT NULL,
  created_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  redelivered_by_name TEXT NOT NULL
);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_of_event ON webhook_deliveries (event_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_attempt_at);

-- Whom visits are made to. Patients of a test key are other patients than those of a live one.
CREATE TABLE patients (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  public_id TEXT NOT NULL,
  title TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  sex TEXT NOT NULL,
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  nhs_number TEXT NOT NULL,
  external_ref TEXT NOT NULL,
  date_of_birth DATE NOT NULL,
  note TEXT NOT NULL,
  line1 TEXT NOT NULL,
  line2 TEXT NOT NULL,
  city TEXT NOT NULL,
  postcode TEXT NOT NULL,
  country TEXT NOT NULL,
  access_notes TEXT NOT NULL,
  sort_name TEXT NOT NULL,
  search_text TEXT NOT NULL,
  account_id BIGINT REFERENCES accounts (id),
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  UNIQUE (public_id)
);
CREATE INDEX patients_of_organisation ON patients (organisation_id, mode, sort_name, id);
CREATE INDEX patients_by_ref ON patients (organisation_id, mode, external_ref);
CREATE INDEX patients_of_account ON patients (account_id);

-- Visits that repeat.
CREATE TABLE visit_series (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  patient_id BIGINT NOT NULL REFERENCES patients (id),
  every_weeks INTEGER NOT NULL,
  weekdays TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  keep_practitioner BOOLEAN NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX visit_series_of_organisation ON visit_series (organisation_id);
CREATE INDEX visit_series_of_patient ON visit_series (patient_id);

-- Appointments of patients. Times are instants (UTC); the date is the one that the window has where the organisation is.
CREATE TABLE visits (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  public_id TEXT NOT NULL,
  patient_id BIGINT NOT NULL REFERENCES patients (id),
  task_version_id BIGINT NOT NULL REFERENCES task_versions (id),
  window_id BIGINT REFERENCES visit_windows (id),
  local_date DATE,
  starts_at TIMESTAMP,
  ends_at TIMESTAMP,
  scheduling TEXT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,
  plan_from DATE,
  plan_to DATE,
  external_ref TEXT NOT NULL,
  note TEXT NOT NULL,
  phone TEXT NOT NULL,
  place_kind TEXT NOT NULL,
  line1 TEXT NOT NULL,
  line2 TEXT NOT NULL,
  city TEXT NOT NULL,
  postcode TEXT NOT NULL,
  country TEXT NOT NULL,
  access_notes TEXT NOT NULL,
  metadata TEXT NOT NULL,
  staff_member_id BIGINT REFERENCES staff_members (id),
  expected_at TIMESTAMP,
  locked BOOLEAN NOT NULL,
  series_id BIGINT REFERENCES visit_series (id),
  version BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (public_id)
);
CREATE INDEX visits_of_window ON visits (window_id, local_date, mode);
CREATE INDEX visits_of_day ON visits (organisation_id, mode, local_date);
CREATE INDEX visits_of_patient ON visits (patient_id);
CREATE INDEX visits_of_task_version ON visits (task_version_id);
CREATE INDEX visits_of_staff_member ON visits (staff_member_id, local_date);
CREATE INDEX visits_of_series ON visits (series_id);
CREATE INDEX visits_by_ref ON visits (organisation_id, mode, external_ref);

-- What changes of a visit without being what was agreed: 32 columns are the most of one table.
CREATE TABLE visit_outcomes (
  visit_id BIGINT NOT NULL PRIMARY KEY REFERENCES visits (id),
  updated_at TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL,
  outcome_note TEXT NOT NULL,
  readings TEXT NOT NULL,
  started_at TIMESTAMP,
  finished_at TIMESTAMP,
  cancelling_entity TEXT NOT NULL,
  causing_entity TEXT NOT NULL,
  reason_code TEXT NOT NULL,
  cancel_note TEXT NOT NULL,
  cancelled_at TIMESTAMP,
  cancelled_by_name TEXT NOT NULL,
  chargeable BOOLEAN NOT NULL
);
CREATE INDEX visit_outcomes_by_change ON visit_outcomes (updated_at);

-- The timeline of a visit.
CREATE TABLE visit_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE INDEX visit_events_of_visit ON visit_events (visit_id, id);

-- The steps of a visit, as its task version had them, and who ticked them.
CREATE TABLE visit_steps (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  snomed_code TEXT NOT NULL,
  done_at TIMESTAMP,
  done_by_name TEXT NOT NULL,
  UNIQUE (visit_id, position)
);

-- A picture kept as evidence of a step.
CREATE TABLE visit_photos (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  visit_step_id BIGINT NOT NULL REFERENCES visit_steps (id),
  media TEXT NOT NULL,
  digest TEXT NOT NULL,
  bytes BLOB NOT NULL,
  taken_at TIMESTAMP NOT NULL,
  taken_by_name TEXT NOT NULL
);
CREATE INDEX visit_photos_of_step ON visit_photos (visit_step_id);

-- The patient's own page of a visit: the link of the letter.
CREATE TABLE visit_links (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  token_hash TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  UNIQUE (token_hash)
);
CREATE INDEX visit_links_of_visit ON visit_links (visit_id);

-- Which letters about a visit were written, so that each is written once.
CREATE TABLE visit_letters (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  kind TEXT NOT NULL,
  letter_id BIGINT,
  written_at TIMESTAMP NOT NULL
);
CREATE INDEX visit_letters_of_visit ON visit_letters (visit_id);

-- An organisation's own words of a letter to patients.
CREATE TABLE visit_messages (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  changed_by_name TEXT NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  UNIQUE (organisation_id, kind)
);

-- Many visits changed at once, and what they were, so that it can be undone.
CREATE TABLE visit_batches (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  act TEXT NOT NULL,
  words TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  undone_at TIMESTAMP,
  undone_by_name TEXT NOT NULL
);
CREATE INDEX visit_batches_of_organisation ON visit_batches (organisation_id, id);

CREATE TABLE visit_batch_items (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  batch_id BIGINT NOT NULL REFERENCES visit_batches (id),
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  was TEXT NOT NULL,
  is_now BIGINT NOT NULL
);
CREATE INDEX visit_batch_items_of_batch ON visit_batch_items (batch_id);
CREATE INDEX visit_batch_items_of_visit ON visit_batch_items (visit_id);

-- A day's routes as they were planned.
CREATE TABLE day_plans (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  local_date DATE NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  travel_minutes INTEGER NOT NULL,
  based_on TEXT NOT NULL,
  applied_at TIMESTAMP
);
CREATE INDEX day_plans_of_day ON day_plans (organisation_id, local_date, id);

CREATE TABLE day_plan_stops (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  day_plan_id BIGINT NOT NULL REFERENCES day_plans (id),
  staff_member_id BIGINT REFERENCES staff_members (id),
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  position INTEGER NOT NULL,
  arrives_at TIMESTAMP,
  leaves_at TIMESTAMP,
  travel_minutes INTEGER NOT NULL,
  why_not TEXT NOT NULL
);
CREATE INDEX day_plan_stops_of_plan ON day_plan_stops (day_plan_id, staff_member_id, position);
CREATE INDEX day_plan_stops_of_visit ON day_plan_stops (visit_id);
CREATE INDEX day_plan_stops_of_staff_member ON day_plan_stops (staff_member_id);

-- Visits that a care home booked for a resident with another organisation.
CREATE TABLE booked_visits (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id),
  external_ref TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  remote_patient_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  task_name TEXT NOT NULL,
  window_id TEXT NOT NULL,
  window_name TEXT NOT NULL,
  starts_at TIMESTAMP,
  ends_at TIMESTAMP,
  status TEXT NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  cancel_note TEXT NOT NULL,
  last_words TEXT NOT NULL,
  booked_by_name TEXT NOT NULL,
  remote_updated_at TIMESTAMP,
  asked_at TIMESTAMP,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL,
  UNIQUE (external_ref)
);
CREATE INDEX booked_visits_of_resident ON booked_visits (resident_id, id);
CREATE INDEX booked_visits_of_connection ON booked_visits (connection_id, remote_id);
CREATE INDEX booked_visits_of_organisation ON booked_visits (organisation_id);
