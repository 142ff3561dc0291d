UPDATE memberships SET permissions = REPLACE(permissions, ',approve staff,manage relatives,record activities', '');
UPDATE memberships SET permissions = REPLACE(permissions, ',record activities', '');
