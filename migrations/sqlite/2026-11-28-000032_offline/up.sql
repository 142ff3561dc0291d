-- When somebody wrote it down, where that was without a network and before it was recorded here.
ALTER TABLE participations ADD COLUMN noted_at TIMESTAMP;

-- Forms that were kept in a browser and have arrived, so that each counts once.
CREATE TABLE late_forms (
  activity_id BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
  replay_key TEXT NOT NULL,
  account_id BIGINT REFERENCES accounts (id),
  arrived_at TIMESTAMP NOT NULL,
  PRIMARY KEY (activity_id, replay_key)
);
CREATE INDEX late_forms_of_account ON late_forms (account_id);

-- What such a form said of somebody who had been recorded by then: it waits for a person to decide.
CREATE TABLE late_parts (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  participation_id BIGINT NOT NULL REFERENCES participations (id) ON DELETE CASCADE,
  took_part BOOLEAN NOT NULL,
  reason TEXT NOT NULL,
  rating INTEGER,
  comment TEXT NOT NULL,
  completed_by TEXT NOT NULL,
  by_name TEXT NOT NULL,
  noted_at TIMESTAMP,
  arrived_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP
);
CREATE INDEX late_parts_of_participation ON late_parts (participation_id, settled_at);
