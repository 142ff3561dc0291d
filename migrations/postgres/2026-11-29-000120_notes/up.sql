-- A pull looks again at the days of appointments that were changed since the last one.
CREATE INDEX appointments_by_change ON appointments (organisation_id, updated_at);
