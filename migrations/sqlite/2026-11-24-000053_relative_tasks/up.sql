-- Tasks of a care record system that ask for a relative to be invited, each taken once.
CREATE TABLE relative_tasks (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  external_id TEXT NOT NULL,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  relationship TEXT NOT NULL,
  state TEXT NOT NULL,
  answer TEXT NOT NULL,
  seen_at TIMESTAMP NOT NULL,
  settled_at TIMESTAMP,
  invitation_id BIGINT REFERENCES invitations (id)
);
CREATE UNIQUE INDEX one_task_each ON relative_tasks (connection_id, external_id);
CREATE INDEX tasks_by_state ON relative_tasks (connection_id, state);

-- When the tasks of a connection were last asked for.
CREATE TABLE task_reads (
  connection_id BIGINT NOT NULL PRIMARY KEY REFERENCES connections (id),
  read_at TIMESTAMP NOT NULL
);
