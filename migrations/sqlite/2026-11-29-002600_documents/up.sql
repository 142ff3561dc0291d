-- Documents of appointments and of tasks: what they are called, what they are, and their bytes.
CREATE TABLE documents (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  mode TEXT NOT NULL,
  public_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  media TEXT NOT NULL,
  digest TEXT NOT NULL,
  length BIGINT NOT NULL,
  kept_at TIMESTAMP NOT NULL,
  kept_by_name TEXT NOT NULL,
  bytes BLOB NOT NULL
);
CREATE INDEX documents_of_organisation ON documents (organisation_id, mode);
-- What nothing names is removed after a while.
CREATE INDEX documents_by_age ON documents (kept_at);

-- Which documents go with an appointment, in their order.
CREATE TABLE visit_documents (
  visit_id BIGINT NOT NULL REFERENCES visits (id),
  document_id BIGINT NOT NULL REFERENCES documents (id),
  position INTEGER NOT NULL,
  PRIMARY KEY (visit_id, document_id)
);
CREATE INDEX visit_documents_of_document ON visit_documents (document_id);

-- Which documents a version of a task has, for whoever does it.
CREATE TABLE task_documents (
  task_version_id BIGINT NOT NULL REFERENCES task_versions (id),
  document_id BIGINT NOT NULL REFERENCES documents (id),
  position INTEGER NOT NULL,
  PRIMARY KEY (task_version_id, document_id)
);
CREATE INDEX task_documents_of_document ON task_documents (document_id);

-- Organisations that take no documents with appointments.
CREATE TABLE documents_refused (
  organisation_id BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
  refused_at TIMESTAMP NOT NULL
);
