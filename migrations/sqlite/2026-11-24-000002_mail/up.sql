-- What a letter is for, until when it is of use, and what became of it.
ALTER TABLE letters ADD COLUMN kind TEXT NOT NULL DEFAULT 'notice';
ALTER TABLE letters ADD COLUMN useless_after TIMESTAMP;
ALTER TABLE letters ADD COLUMN unsubscribe TEXT NOT NULL DEFAULT '';
ALTER TABLE letters ADD COLUMN delays INTEGER NOT NULL DEFAULT 0;
ALTER TABLE letters ADD COLUMN settled_at TIMESTAMP;
ALTER TABLE letters ADD COLUMN answer TEXT NOT NULL DEFAULT '';
UPDATE letters SET next_attempt_at = created_at WHERE state = 'waiting' AND next_attempt_at IS NULL;
UPDATE letters SET settled_at = created_at WHERE state <> 'waiting';

DROP INDEX letters_waiting;
CREATE INDEX letters_due ON letters (state, next_attempt_at, id);
CREATE INDEX letters_due_by_kind ON letters (kind, state, next_attempt_at, id);
CREATE INDEX letters_to ON letters (to_email, kind, settled_at);
CREATE INDEX letters_of_organisation ON letters (organisation_id, state, id);
CREATE INDEX letters_by_organisation ON letters (organisation_id, id);

CREATE TABLE mail_troubles (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  began_at TIMESTAMP NOT NULL,
  kind TEXT NOT NULL,
  words TEXT NOT NULL,
  repair TEXT NOT NULL,
  tries INTEGER NOT NULL,
  retry_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX mail_troubles_open ON mail_troubles (ended_at);
