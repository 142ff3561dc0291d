-- Which vendors a field of residents follows, in order; no row: what the vendors own by themselves.
CREATE TABLE field_sources (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  field TEXT NOT NULL,
  vendors TEXT NOT NULL,
  set_by_name TEXT NOT NULL,
  set_at TIMESTAMP NOT NULL,
  UNIQUE (organisation_id, field)
);
