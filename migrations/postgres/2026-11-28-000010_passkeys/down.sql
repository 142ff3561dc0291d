-- Who had only passkeys is left without a second step, not locked out.
UPDATE accounts SET second_step_at = NULL WHERE id IN (SELECT account_id FROM passkeys)
  AND id NOT IN (SELECT account_id FROM authenticators WHERE confirmed_at IS NOT NULL);
DELETE FROM recovery_codes WHERE account_id IN (SELECT id FROM accounts WHERE second_step_at IS NULL);
DELETE FROM recovery_sheets WHERE account_id IN (SELECT id FROM accounts WHERE second_step_at IS NULL);
DROP TABLE passkey_ceremonies;
DROP TABLE passkeys;
