-- The links of the morning letter: each for one approver, to those who waited when it was written.
CREATE TABLE approval_links (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX approval_links_of_organisation ON approval_links (organisation_id);
CREATE INDEX approval_links_of_account ON approval_links (account_id);
CREATE INDEX approval_links_by_age ON approval_links (created_at);
