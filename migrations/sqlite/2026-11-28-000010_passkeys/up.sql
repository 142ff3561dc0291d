-- Passkeys as a second step. What is stored of one is public: its key and its counter.
CREATE TABLE passkeys (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  credential_hash TEXT NOT NULL UNIQUE,
  stored TEXT NOT NULL,
  counter BIGINT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  last_used_at TIMESTAMP
);
CREATE INDEX passkeys_of_account ON passkeys (account_id);

-- A passkey that was asked for: what the answer must fit, sealed, for one answer within five minutes, of a
-- browser whose person is not known yet too.
CREATE TABLE passkey_ceremonies (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT REFERENCES accounts (id),
  holder TEXT NOT NULL UNIQUE,
  sealed TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX passkey_ceremonies_of_account ON passkey_ceremonies (account_id);
CREATE INDEX passkey_ceremonies_by_age ON passkey_ceremonies (created_at);
