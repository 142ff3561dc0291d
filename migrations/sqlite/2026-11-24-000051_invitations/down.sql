DROP TABLE home_contacts;
DROP TABLE family_settings;
DROP TABLE invitation_links;
DROP TABLE invitations;
