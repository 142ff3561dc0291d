DROP TABLE monitoring_thresholds;
DROP TABLE monitoring_settings;
DROP TABLE monitoring_events;
DROP TABLE monitoring_devices;
