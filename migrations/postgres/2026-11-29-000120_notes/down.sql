DROP INDEX appointments_by_change;
