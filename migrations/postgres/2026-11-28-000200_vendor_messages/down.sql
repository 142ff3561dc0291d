DROP TABLE vendor_messages;
