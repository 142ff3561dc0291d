DROP TABLE visit_late_forms;
DROP TABLE visit_proofs;
