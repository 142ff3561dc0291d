DELETE FROM status_types WHERE id NOT IN (SELECT status_type_id FROM appointments);
