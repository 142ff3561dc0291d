-- Who was here before these permissions existed gets those that come with their role.
UPDATE memberships SET permissions = permissions || ',approve staff,manage relatives,record activities'
WHERE role IN ('super manager', 'manager') AND permissions LIKE '%manage people%';
UPDATE memberships SET permissions = permissions || ',record activities'
WHERE role = 'staff' AND permissions LIKE '%view residents%';
