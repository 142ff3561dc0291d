DROP INDEX visits_by_making;
DROP INDEX patients_by_change;
DROP INDEX patients_by_making;
