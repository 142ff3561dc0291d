-- Organisations of the sector therapy that were here before start with the same status types as new ones.
INSERT INTO status_types (organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render)
SELECT id, 'Scheduled', 'scheduled', TRUE, TRUE, FALSE, FALSE, FALSE FROM organisations WHERE sector = 'therapy';
INSERT INTO status_types (organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render)
SELECT id, 'Completed', 'completed', TRUE, TRUE, FALSE, FALSE, FALSE FROM organisations WHERE sector = 'therapy';
INSERT INTO status_types (organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render)
SELECT id, 'Cancelled by client', 'cancelledbyclient', FALSE, FALSE, TRUE, TRUE, FALSE FROM organisations WHERE sector = 'therapy';
INSERT INTO status_types (organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render)
SELECT id, 'Cancelled by provider', 'cancelledbyprovider', FALSE, FALSE, TRUE, TRUE, FALSE FROM organisations WHERE sector = 'therapy';
INSERT INTO status_types (organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render)
SELECT id, 'No-show', 'noshow', FALSE, TRUE, TRUE, FALSE, FALSE FROM organisations WHERE sector = 'therapy';
