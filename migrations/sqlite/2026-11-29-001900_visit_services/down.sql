DROP INDEX booked_visits_due;
ALTER TABLE booked_visits DROP COLUMN claimed_until;
ALTER TABLE booked_visits DROP COLUMN next_at;
ALTER TABLE booked_visits DROP COLUMN cancel_cause;
DROP TABLE booked_visit_events;
DROP TABLE home_addresses;
DROP TABLE heard_events;
DROP TABLE visit_services;
