-- The homes that a connection is for; without a row it is for all of them.
CREATE TABLE connection_homes (
  id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  connection_id BIGINT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  place_id BIGINT NOT NULL REFERENCES places (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX one_home_once_a_connection ON connection_homes (connection_id, place_id);
CREATE INDEX connections_of_home ON connection_homes (place_id);
