-- Why a site, student or user is not mapped, and who it may be. Written anew by each look.
CREATE TABLE mapping_reasons (
  external_record_id BIGINT NOT NULL PRIMARY KEY REFERENCES external_records (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  kind TEXT NOT NULL,
  -- Which reason it is, for counting; and the reason in words.
  reason TEXT NOT NULL,
  words TEXT NOT NULL,
  -- The best suggestion, and what speaks for and against it.
  local_id BIGINT,
  evidence TEXT NOT NULL
);
CREATE INDEX mapping_reasons_of_connection ON mapping_reasons (connection_id, kind);

-- What the last look rested on: while that is the same, there is nothing to look at again.
ALTER TABLE note_pulls ADD COLUMN matched_with TEXT NOT NULL DEFAULT '';
