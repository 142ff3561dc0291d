DROP TABLE mapping_rules_off;
