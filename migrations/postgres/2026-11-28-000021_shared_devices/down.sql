DROP TABLE shared_sessions;
DROP TABLE pin_tries;
DROP TABLE pins;
DROP TABLE shared_devices;
