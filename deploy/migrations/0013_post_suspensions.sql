-- Suspensions say it (0012), and clients compute what is written.

ALTER TABLE position DROP COLUMN suspended;
ALTER TABLE position ALTER COLUMN fence DROP DEFAULT;
DROP INDEX act_suspensions;
DROP FUNCTION read_suspensions(text, text, timestamptz);
