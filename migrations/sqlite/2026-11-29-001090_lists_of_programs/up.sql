-- Programs list patients and appointments by when they were made or changed, a page at a time.
CREATE INDEX patients_by_making ON patients (organisation_id, mode, created_at, public_id);
CREATE INDEX patients_by_change ON patients (organisation_id, mode, updated_at, public_id);
CREATE INDEX visits_by_making ON visits (organisation_id, mode, created_at, public_id);
