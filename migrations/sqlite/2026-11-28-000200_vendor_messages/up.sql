-- Every message to a vendor with its answer, in numbers: no person, no address, no key.
CREATE TABLE vendor_messages (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id),
  at TIMESTAMP NOT NULL,
  operation TEXT NOT NULL,
  status INTEGER,
  failure TEXT NOT NULL,
  sent_bytes BIGINT NOT NULL,
  received_bytes BIGINT NOT NULL,
  took_ms BIGINT NOT NULL
);
CREATE INDEX vendor_messages_of_connection ON vendor_messages (connection_id, id);
CREATE INDEX vendor_messages_by_age ON vendor_messages (at);
