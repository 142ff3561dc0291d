-- When the newest letter with a code was printed, for somebody who is asked to join on paper.
ALTER TABLE invitations ADD COLUMN printed_at TIMESTAMP;
