-- The words of a letter and the address that ends such letters, sealed: they hold links that open something, of which
-- the database is to know only the hash. Empty for letters of before, and for those whose words are forgotten.
ALTER TABLE letters ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
