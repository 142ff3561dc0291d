-- Why a visit is called off, as a code of the API's list; empty where none was chosen.
ALTER TABLE booked_visits ADD COLUMN cancel_reason TEXT NOT NULL DEFAULT '';
