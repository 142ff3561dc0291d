-- What a resident has agreed to share with relatives: a new row for every decision, the old one ends.
CREATE TABLE consents (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  topic TEXT NOT NULL,
  decision TEXT NOT NULL,
  basis TEXT NOT NULL,
  attorney TEXT NOT NULL,
  note TEXT NOT NULL,
  recorded_by BIGINT REFERENCES accounts (id),
  recorded_by_name TEXT NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  review_on DATE,
  lapsed_at TIMESTAMP,
  ended_at TIMESTAMP
);
CREATE UNIQUE INDEX one_consent_each ON consents (resident_id, topic) WHERE ended_at IS NULL;
CREATE INDEX consents_of_resident ON consents (resident_id, id);
CREATE INDEX consents_to_review ON consents (review_on) WHERE ended_at IS NULL;

ALTER TABLE relatives ADD COLUMN branch TEXT NOT NULL DEFAULT '';
ALTER TABLE relatives ADD COLUMN is_primary BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE relatives ADD COLUMN topics TEXT NOT NULL DEFAULT 'activities,photos,appointments,messages,wellbeing';
-- The home has not yet said that this is the right person.
ALTER TABLE relatives ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE;
