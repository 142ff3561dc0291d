-- What sends night events: a sensor, or a program that stands for many. Its key is kept hashed.
CREATE TABLE monitoring_devices (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  home_id BIGINT NOT NULL REFERENCES places (id),
  room TEXT NOT NULL,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  key_end TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  rotated_at TIMESTAMP,
  last_used_at TIMESTAMP,
  revoked_at TIMESTAMP,
  -- Requests of the minute that began then.
  minute_began_at TIMESTAMP,
  minute_requests BIGINT NOT NULL,
  -- Events that named nobody who lives there.
  refused BIGINT NOT NULL
);
CREATE INDEX monitoring_devices_of_organisation ON monitoring_devices (organisation_id);
CREATE INDEX monitoring_devices_of_home ON monitoring_devices (home_id);

CREATE TABLE monitoring_events (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  device_id BIGINT NOT NULL REFERENCES monitoring_devices (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id),
  device_event_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  details TEXT NOT NULL,
  room TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  occurred_at TIMESTAMP NOT NULL,
  received_at TIMESTAMP NOT NULL,
  outcome TEXT NOT NULL,
  -- The event in whose entry this one is counted.
  first_id BIGINT,
  -- Of the first of several: random, and until when the others count in its entry.
  entry_key TEXT NOT NULL,
  gathers_until TIMESTAMP,
  -- Of the first: how many there are, how many there were when its entry was last written, and in which version.
  times BIGINT NOT NULL,
  told BIGINT NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (device_id, device_event_id)
);
CREATE INDEX monitoring_events_of_resident ON monitoring_events (resident_id, kind, occurred_at);
CREATE INDEX monitoring_events_by_time ON monitoring_events (organisation_id, occurred_at);
CREATE INDEX monitoring_events_of_first ON monitoring_events (first_id);
CREATE INDEX monitoring_events_that_gather ON monitoring_events (outcome, told, gathers_until);
CREATE INDEX monitoring_events_by_age ON monitoring_events (received_at);

-- How long repeats of one kind count as one, and from which severity on events go to the care record.
CREATE TABLE monitoring_settings (
  organisation_id BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
  window_minutes INTEGER NOT NULL,
  at_least TEXT NOT NULL
);

-- The same for one resident; the kinds that stay here, in a list with commas.
CREATE TABLE monitoring_thresholds (
  resident_id BIGINT NOT NULL PRIMARY KEY REFERENCES residents (id),
  at_least TEXT NOT NULL,
  kept_here TEXT NOT NULL
);
