-- Somebody has died: nothing is sent about them any more, and their family may still read for a while.
CREATE TABLE bereavements (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  recorded_by_name TEXT NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  memorial_until DATE NOT NULL,
  ended_at TIMESTAMP
);
CREATE UNIQUE INDEX one_bereavement_each ON bereavements (resident_id) WHERE ended_at IS NULL;

-- Which letters are about whom, so that they can be taken back.
CREATE TABLE resident_letters (
  letter_id BIGINT NOT NULL PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE
);
CREATE INDEX letters_of_resident ON resident_letters (resident_id);
