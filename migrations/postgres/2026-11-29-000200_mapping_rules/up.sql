-- Rules that an organisation has switched off: nothing is mapped by them.
CREATE TABLE mapping_rules_off (
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  -- The id of the rule, as mappings keep it.
  rule TEXT NOT NULL,
  off_by_name TEXT NOT NULL,
  off_at TIMESTAMP NOT NULL,
  PRIMARY KEY (organisation_id, rule)
);
