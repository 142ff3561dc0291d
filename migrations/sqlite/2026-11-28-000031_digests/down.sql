CREATE TABLE letters_about (
  letter_id BIGINT NOT NULL PRIMARY KEY REFERENCES letters (id) ON DELETE CASCADE,
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE
);
INSERT INTO letters_about SELECT letter_id, MIN(resident_id) FROM resident_letters GROUP BY letter_id;
DROP TABLE resident_letters;
ALTER TABLE letters_about RENAME TO resident_letters;
CREATE INDEX letters_of_resident ON resident_letters (resident_id);
DROP INDEX participations_recorded;
DROP TABLE digests;
DROP TABLE digest_choices;
