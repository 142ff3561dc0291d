-- Links that set a new password, and the requests for them that wait to be answered.
CREATE TABLE reset_requests (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);

CREATE TABLE resets (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX resets_of_account ON resets (account_id);
CREATE INDEX resets_by_age ON resets (created_at);

-- The second step. An authenticator counts once a code of it was typed; its secret is sealed.
ALTER TABLE accounts ADD COLUMN second_step_at TIMESTAMP;
ALTER TABLE accounts ADD COLUMN short_password BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organisations ADD COLUMN staff_two_step BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE activations ADD COLUMN invited_by TEXT NOT NULL DEFAULT '';

CREATE TABLE authenticators (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL UNIQUE REFERENCES accounts (id),
  sealed TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  confirmed_at TIMESTAMP,
  last_step BIGINT NOT NULL
);

CREATE TABLE recovery_codes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  code_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX recovery_codes_of_account ON recovery_codes (account_id);

-- New recovery codes, sealed, until their person says that they are kept.
CREATE TABLE recovery_sheets (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL UNIQUE REFERENCES accounts (id),
  sealed TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL
);

-- The password was right, the second step is missing: opens nothing.
CREATE TABLE half_sign_ins (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  token_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  address TEXT NOT NULL,
  device TEXT NOT NULL,
  browser_hash TEXT NOT NULL
);
CREATE INDEX half_sign_ins_of_account ON half_sign_ins (account_id);
CREATE INDEX half_sign_ins_by_age ON half_sign_ins (created_at);

-- Browsers from which somebody has signed in before.
CREATE TABLE known_browsers (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  browser_hash TEXT NOT NULL,
  last_seen_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX one_browser_each ON known_browsers (account_id, browser_hash);
CREATE INDEX known_browsers_by_age ON known_browsers (last_seen_at);

CREATE TABLE email_changes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  old_email TEXT NOT NULL,
  new_email TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  stop_hash TEXT NOT NULL UNIQUE,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  used_at TIMESTAMP
);
CREATE INDEX email_changes_of_account ON email_changes (account_id);
CREATE INDEX email_changes_by_age ON email_changes (created_at);
