DROP TABLE connection_homes;
