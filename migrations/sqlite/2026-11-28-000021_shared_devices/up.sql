-- A browser that several members of staff of one place use. Its cookie is kept hashed.
CREATE TABLE shared_devices (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  place_id BIGINT NOT NULL REFERENCES places (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  registered_by_name TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  revoked_at TIMESTAMP
);
CREATE INDEX shared_devices_of_organisation ON shared_devices (organisation_id);
CREATE INDEX shared_devices_of_place ON shared_devices (place_id);

-- The PIN with which somebody signs in there, hashed like a password.
CREATE TABLE pins (
  account_id BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id),
  hash TEXT NOT NULL,
  set_at TIMESTAMP NOT NULL
);

-- Wrong PINs of one person on one device since they last got in.
CREATE TABLE pin_tries (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  device_id BIGINT NOT NULL REFERENCES shared_devices (id) ON DELETE CASCADE,
  account_id BIGINT NOT NULL REFERENCES accounts (id),
  wrong BIGINT NOT NULL,
  UNIQUE (device_id, account_id)
);
CREATE INDEX pin_tries_of_account ON pin_tries (account_id);

-- Sessions that a PIN began: staff rights only, and soon locked.
CREATE TABLE shared_sessions (
  session_id BIGINT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
  device_id BIGINT NOT NULL REFERENCES shared_devices (id) ON DELETE CASCADE
);
CREATE INDEX shared_sessions_of_device ON shared_sessions (device_id);
