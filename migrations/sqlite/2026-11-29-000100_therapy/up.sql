-- Who works in several places: those beside the one that stands with the staff member.
CREATE TABLE staff_places (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  staff_member_id BIGINT NOT NULL REFERENCES staff_members (id),
  place_id BIGINT NOT NULL REFERENCES places (id),
  UNIQUE (staff_member_id, place_id)
);
CREATE INDEX staff_places_of_place ON staff_places (place_id);

-- Other names by which a vendor knows a place.
CREATE TABLE place_aliases (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  place_id BIGINT NOT NULL REFERENCES places (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  UNIQUE (organisation_id, name_folded)
);
CREATE INDEX place_aliases_of_place ON place_aliases (place_id);

-- What can become of an appointment, in an organisation's own words, with what follows from each.
CREATE TABLE status_types (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  billable BOOLEAN NOT NULL,
  payroll BOOLEAN NOT NULL,
  cancellation BOOLEAN NOT NULL,
  makeupable BOOLEAN NOT NULL,
  auto_render BOOLEAN NOT NULL,
  retired_at TIMESTAMP,
  UNIQUE (organisation_id, name_folded)
);

CREATE TABLE appointment_series (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  every_weeks INTEGER NOT NULL,
  -- Days from mon to sun, with commas.
  weekdays TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX appointment_series_of_organisation ON appointment_series (organisation_id);

-- Times are instants (UTC) with the zone in which they were agreed, and the date that they have there.
CREATE TABLE appointments (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  series_id BIGINT REFERENCES appointment_series (id),
  kind TEXT NOT NULL,
  resident_id BIGINT REFERENCES residents (id),
  staff_member_id BIGINT REFERENCES staff_members (id),
  place_id BIGINT NOT NULL REFERENCES places (id),
  service TEXT NOT NULL,
  directness TEXT NOT NULL,
  status_type_id BIGINT NOT NULL REFERENCES status_types (id),
  local_date DATE NOT NULL,
  starts_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  time_zone TEXT NOT NULL,
  state TEXT NOT NULL,
  details TEXT NOT NULL,
  results_notes TEXT NOT NULL,
  rendered_at TIMESTAMP,
  rendered_by_name TEXT NOT NULL,
  invoiced_at TIMESTAMP,
  invoice TEXT NOT NULL,
  cancelled_at TIMESTAMP,
  cancelled_by_name TEXT NOT NULL,
  -- Whose wish it was, and whose doing: client, staff, organisation.
  cancelling TEXT NOT NULL,
  causing TEXT NOT NULL,
  cancelled_because TEXT NOT NULL,
  cancelled_note TEXT NOT NULL,
  version BIGINT NOT NULL,
  created_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE INDEX appointments_by_day ON appointments (organisation_id, local_date, starts_at);
CREATE INDEX appointments_of_resident ON appointments (resident_id, local_date);
CREATE INDEX appointments_of_staff_member ON appointments (staff_member_id, local_date);
CREATE INDEX appointments_of_place ON appointments (place_id, local_date);
CREATE INDEX appointments_of_series ON appointments (series_id);
CREATE INDEX appointments_of_status_type ON appointments (status_type_id);

-- Signatures as pictures, each kept once.
CREATE TABLE signature_images (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  hash TEXT NOT NULL,
  media TEXT NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (organisation_id, hash)
);

-- A session note, as far as lists and matching need it; its texts stand with its versions.
CREATE TABLE session_notes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  external_record_id BIGINT NOT NULL UNIQUE REFERENCES external_records (id),
  student_external_id TEXT NOT NULL,
  user_external_id TEXT NOT NULL,
  site_external_id TEXT NOT NULL,
  student_name TEXT NOT NULL,
  user_name TEXT NOT NULL,
  -- As the note says them, in the student's time zone; empty where they cannot be read.
  local_date DATE,
  start_time TEXT NOT NULL,
  end_time TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  status TEXT NOT NULL,
  is_published BOOLEAN NOT NULL,
  published_at TIMESTAMP,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  -- Which reason it is, for counting; the reason in words; and what to do.
  reason TEXT NOT NULL,
  because TEXT NOT NULL,
  repair TEXT NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  changed_at TIMESTAMP NOT NULL
);
CREATE INDEX session_notes_by_state ON session_notes (organisation_id, state, local_date);
CREATE INDEX session_notes_by_day ON session_notes (organisation_id, local_date);
CREATE INDEX session_notes_of_student ON session_notes (connection_id, student_external_id);
CREATE INDEX session_notes_of_user ON session_notes (connection_id, user_external_id);

CREATE TABLE note_versions (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  note_id BIGINT NOT NULL REFERENCES session_notes (id),
  version INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  data TEXT NOT NULL,
  received_at TIMESTAMP NOT NULL,
  UNIQUE (note_id, version)
);

-- The signature window of an appointment, and what the appointment was before a note filled it.
CREATE TABLE appointment_sessions (
  appointment_id BIGINT NOT NULL PRIMARY KEY REFERENCES appointments (id),
  note_id BIGINT REFERENCES session_notes (id),
  note_version INTEGER NOT NULL,
  guardian_name TEXT NOT NULL,
  relationship TEXT NOT NULL,
  session_date DATE,
  session_start TEXT NOT NULL,
  session_end TEXT NOT NULL,
  guardian_image_id BIGINT REFERENCES signature_images (id),
  guardian_signed_at TIMESTAMP,
  guardian_place TEXT NOT NULL,
  therapist_image_id BIGINT REFERENCES signature_images (id),
  therapist_signed_at TIMESTAMP,
  therapist_place TEXT NOT NULL,
  render_place TEXT NOT NULL,
  before TEXT NOT NULL,
  filled_at TIMESTAMP NOT NULL,
  filled_by_name TEXT NOT NULL
);
CREATE INDEX appointment_sessions_of_note ON appointment_sessions (note_id);
CREATE INDEX appointment_sessions_of_guardian_image ON appointment_sessions (guardian_image_id);
CREATE INDEX appointment_sessions_of_therapist_image ON appointment_sessions (therapist_image_id);

-- What a note would change of an appointment that it may not change by itself: a person decides.
CREATE TABLE note_proposals (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  note_id BIGINT NOT NULL REFERENCES session_notes (id),
  version INTEGER NOT NULL,
  appointment_id BIGINT NOT NULL REFERENCES appointments (id),
  why TEXT NOT NULL,
  state TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  decided_at TIMESTAMP,
  decided_by_name TEXT NOT NULL,
  UNIQUE (note_id, version, appointment_id)
);
CREATE INDEX note_proposals_by_state ON note_proposals (organisation_id, state);
CREATE INDEX note_proposals_of_appointment ON note_proposals (appointment_id);

-- How notes find their appointments, and what an appointment needs to be rendered.
CREATE TABLE therapy_settings (
  organisation_id BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
  grace_minutes INTEGER NOT NULL,
  -- Mapped sites are worked on while others are not mapped yet.
  meanwhile BOOLEAN NOT NULL,
  -- Whose times an appointment has once a note is on it: the appointment's or the note's.
  whose_time TEXT NOT NULL,
  results_needed BOOLEAN NOT NULL,
  guardian_needed BOOLEAN NOT NULL,
  therapist_needed BOOLEAN NOT NULL,
  weekly_report BOOLEAN NOT NULL
);

-- When session notes and the people around them are read, in minutes; and from when on.
CREATE TABLE note_pulls (
  connection_id BIGINT NOT NULL PRIMARY KEY REFERENCES connections (id),
  notes_every INTEGER NOT NULL,
  people_every INTEGER NOT NULL,
  notes_read_at TIMESTAMP,
  people_read_at TIMESTAMP,
  modified_since TIMESTAMP
);

-- Who was here before these permissions existed gets those that come with their role.
UPDATE memberships SET permissions = permissions || ',view appointments,manage appointments,view reports'
WHERE role IN ('super manager', 'manager') AND permissions LIKE '%manage people%';
UPDATE memberships SET permissions = permissions || ',view appointments'
WHERE role = 'staff' AND permissions LIKE '%view residents%';
