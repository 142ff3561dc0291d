-- How often a relative is written to with news, and of what not. Without a row it is weekly, of everything.
-- `next_at` is the morning on which it is looked at again; none for those who want no letter.
CREATE TABLE digest_choices (
  account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id),
  how_often TEXT NOT NULL,
  muted TEXT NOT NULL,
  since TIMESTAMP NOT NULL,
  next_at TIMESTAMP
);
CREATE INDEX digests_due ON digest_choices (next_at);

-- A letter of news that was written: one a morning and relative, with the secret of the link that ends them.
CREATE TABLE digests (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  morning DATE NOT NULL,
  told_until TIMESTAMP NOT NULL,
  letter_id BIGINT REFERENCES letters (id) ON DELETE SET NULL,
  token_hash TEXT NOT NULL UNIQUE,
  stops_until TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_digest_a_morning ON digests (account_id, morning);
CREATE INDEX digests_by_letter ON digests (letter_id);
CREATE INDEX digests_that_end ON digests (stops_until);

CREATE INDEX participations_recorded ON participations (resident_id, recorded_at);

-- A letter may be about several residents.
CREATE TABLE letters_about (
  letter_id BIGINT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  PRIMARY KEY (letter_id, resident_id)
);
INSERT INTO letters_about SELECT letter_id, resident_id FROM resident_letters;
DROP TABLE resident_letters;
ALTER TABLE letters_about RENAME TO resident_letters;
CREATE INDEX letters_of_resident ON resident_letters (resident_id);
