-- The vendor's identifier behind a line: what a line is about before there is a record of it here.
ALTER TABLE run_changes ADD COLUMN external_id TEXT NOT NULL DEFAULT '';

-- The rest of a plan of which somebody applied a part: it holds its people back until a date.
CREATE TABLE run_drafts (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  run_id BIGINT NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  until DATE NOT NULL,
  state TEXT NOT NULL,
  made_by_name TEXT NOT NULL,
  made_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  ended_by_name TEXT NOT NULL,
  -- The run that is to apply it, or has. Like the lines of a run it outlives it.
  applied_run_id BIGINT
);
CREATE INDEX drafts_of_organisation ON run_drafts (organisation_id, state);
CREATE INDEX drafts_of_connection ON run_drafts (connection_id, state, until);
CREATE INDEX drafts_of_run ON run_drafts (run_id);

CREATE TABLE draft_steps (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  draft_id BIGINT NOT NULL REFERENCES run_drafts (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  local_id BIGINT,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  place TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  words TEXT NOT NULL
);
CREATE INDEX steps_of_draft ON draft_steps (draft_id);
