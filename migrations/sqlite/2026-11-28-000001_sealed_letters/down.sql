-- What is sealed cannot be read here: it goes with the column, and such letters are not sent any more.
UPDATE letters SET state = 'withdrawn', last_error = 'Its words could not be kept.', next_attempt_at = NULL
    WHERE sealed <> '' AND state IN ('waiting', 'sending');
ALTER TABLE letters DROP COLUMN sealed;
