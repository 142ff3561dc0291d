DROP TABLE field_sources;
