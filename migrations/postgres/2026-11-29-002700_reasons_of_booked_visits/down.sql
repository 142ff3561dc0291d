ALTER TABLE booked_visits DROP COLUMN cancel_reason;
