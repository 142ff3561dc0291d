DELETE FROM resident_letters a USING resident_letters b
  WHERE a.letter_id = b.letter_id AND a.resident_id > b.resident_id;
ALTER TABLE resident_letters DROP CONSTRAINT resident_letters_pkey;
ALTER TABLE resident_letters ADD PRIMARY KEY (letter_id);
DROP INDEX participations_recorded;
DROP TABLE digests;
DROP TABLE digest_choices;
