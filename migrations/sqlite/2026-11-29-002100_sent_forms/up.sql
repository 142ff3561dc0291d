-- What came of a form that makes something, by the random key of its page: the same form again makes nothing.
CREATE TABLE sent_forms (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  form_key TEXT NOT NULL,
  made TEXT NOT NULL,
  made_id BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  UNIQUE (organisation_id, form_key)
);
