DROP TABLE timeline_pauses;
DROP TABLE timeline_entries;
DROP TABLE participations;
DROP TABLE activities;
