DROP TABLE resident_letters;
DROP TABLE bereavements;
