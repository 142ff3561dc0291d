-- Somebody who is asked to join as a relative. Whether the letter arrived is the letter's to say, whether the
-- link still works the link's.
CREATE TABLE invitations (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  organisation_id BIGINT NOT NULL REFERENCES organisations (id),
  resident_id BIGINT NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  relationship TEXT NOT NULL,
  branch TEXT NOT NULL,
  is_primary BOOLEAN NOT NULL,
  topics TEXT NOT NULL,
  source TEXT NOT NULL,
  invited_by BIGINT REFERENCES accounts (id),
  invited_by_name TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP,
  reminded_at TIMESTAMP,
  settled_at TIMESTAMP,
  account_id BIGINT REFERENCES accounts (id),
  trouble TEXT NOT NULL,
  letter_id BIGINT REFERENCES letters (id) ON DELETE SET NULL,
  expires_at TIMESTAMP
);
CREATE INDEX invitations_of_resident ON invitations (resident_id, state);
CREATE INDEX invitations_in_order ON invitations (organisation_id, state, id);
CREATE INDEX invitations_of_address ON invitations (email, state);
CREATE INDEX invitations_to_remind ON invitations (created_at) WHERE state = 'open' AND reminded_at IS NULL;

-- Every secret that ever led to an invitation, hashed, so that an old one is told from a wrong one.
CREATE TABLE invitation_links (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  invitation_id BIGINT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX links_of_invitation ON invitation_links (invitation_id, kind);
CREATE INDEX links_of_address ON invitation_links (email, created_at);

-- What an organisation decides about its families; without a row the defaults hold.
CREATE TABLE family_settings (
  organisation_id BIGINT NOT NULL PRIMARY KEY REFERENCES organisations (id),
  confirm_first BOOLEAN NOT NULL,
  primary_invites BOOLEAN NOT NULL,
  primary_limit BIGINT NOT NULL,
  primary_approval BOOLEAN NOT NULL,
  memorial_days BIGINT NOT NULL
);

-- How a home is reached by families.
CREATE TABLE home_contacts (
  place_id BIGINT NOT NULL PRIMARY KEY REFERENCES places (id) ON DELETE CASCADE,
  telephone TEXT NOT NULL,
  address TEXT NOT NULL
);
