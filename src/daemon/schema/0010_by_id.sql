-- A person, and whoever waits for what becomes of a message, asks for it by its id alone.
-- The outbox has it as its key.

CREATE INDEX inbox_by_id ON inbox (id);
