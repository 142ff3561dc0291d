-- Who signed that a visit was made, and where it was; drawn strokes and the place are sealed.
CREATE TABLE visit_proofs (
  visit_id BIGINT NOT NULL PRIMARY KEY REFERENCES visits (id),
  signer TEXT NOT NULL,
  relationship TEXT NOT NULL,
  sealed TEXT NOT NULL,
  parts TEXT NOT NULL,
  digest TEXT NOT NULL,
  signed_at TIMESTAMP NOT NULL,
  kept_by_name TEXT NOT NULL
);

-- What was done without a network and arrived later: each once.
CREATE TABLE visit_late_forms (
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  replay_key TEXT NOT NULL,
  arrived_at TIMESTAMP NOT NULL,
  PRIMARY KEY (visit_id, replay_key)
);
