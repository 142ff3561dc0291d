-- What a home books visits with, beside key and address, which lie with those of every connection; and how the service
-- tells us of news. The path is in the address that the service is given, and random.
CREATE TABLE visit_services (
  connection_id BIGINT NOT NULL PRIMARY KEY REFERENCES connections (id),
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  phone TEXT NOT NULL,
  email TEXT NOT NULL,
  shares_nhs_number BOOLEAN NOT NULL,
  hook_path TEXT NOT NULL,
  hook_form TEXT NOT NULL,
  hook_header TEXT NOT NULL,
  hook_sealed BLOB NOT NULL,
  hook_end TEXT NOT NULL,
  heard_at TIMESTAMP,
  changed_by_name TEXT NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  UNIQUE (hook_path)
);
CREATE INDEX visit_services_of_organisation ON visit_services (organisation_id);

-- Which messages of a service were heard, so that each is heard once.
CREATE TABLE heard_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  event_id TEXT NOT NULL,
  heard_at TIMESTAMP NOT NULL,
  UNIQUE (connection_id, event_id)
);
CREATE INDEX heard_events_by_age ON heard_events (heard_at);

-- Where a home is, for whoever visits there.
CREATE TABLE home_addresses (
  place_id BIGINT NOT NULL PRIMARY KEY REFERENCES places (id),
  line1 TEXT NOT NULL,
  line2 TEXT NOT NULL,
  city TEXT NOT NULL,
  postcode TEXT NOT NULL,
  access_notes TEXT NOT NULL,
  changed_by_name TEXT NOT NULL,
  changed_at TIMESTAMP NOT NULL
);

-- What became of a booked visit, as its page tells it.
CREATE TABLE booked_visit_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  booked_visit_id BIGINT NOT NULL REFERENCES booked_visits (id),
  words TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE INDEX booked_visit_events_of_visit ON booked_visit_events (booked_visit_id, id);

-- Whose cause a cancellation is, when the service is asked next, and who is asking now.
ALTER TABLE booked_visits ADD COLUMN cancel_cause TEXT NOT NULL DEFAULT '';
ALTER TABLE booked_visits ADD COLUMN next_at TIMESTAMP;
ALTER TABLE booked_visits ADD COLUMN claimed_until TIMESTAMP;
CREATE INDEX booked_visits_due ON booked_visits (next_at);
