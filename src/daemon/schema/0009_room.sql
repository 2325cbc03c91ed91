-- A box has room for so many messages and so many bytes of them, and one peer for its share. Both are
-- asked for every message, so they are counted as messages come and go and never by going through the
-- rows: by these triggers, whoever changes a row. And what waits for the relay does so until a bound,
-- which counts from when it began to: not while it was held.

CREATE TABLE load (
    box      TEXT NOT NULL CHECK (box IN ('waiting', 'held', 'outbox')),
    -- The other agent; '' for all of them together.
    peer     TEXT NOT NULL,
    messages INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (box, peer)
) STRICT, WITHOUT ROWID;

INSERT INTO load
    SELECT state, sender, count(*), sum(content_bytes) FROM inbox
    WHERE state IN ('waiting', 'held') GROUP BY state, sender;
INSERT INTO load
    SELECT 'outbox', recipient, count(*), sum(content_bytes) FROM outbox
    WHERE state IN ('queued', 'held') GROUP BY recipient;
INSERT INTO load SELECT box, '', sum(messages), sum(bytes) FROM load GROUP BY box;

CREATE TRIGGER inbox_load_new AFTER INSERT ON inbox WHEN NEW.state IN ('waiting', 'held')
BEGIN
    INSERT INTO load VALUES (NEW.state, NEW.sender, 1, NEW.content_bytes), (NEW.state, '', 1, NEW.content_bytes)
    ON CONFLICT (box, peer) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER inbox_load_in AFTER UPDATE OF state ON inbox
WHEN NEW.state IN ('waiting', 'held') AND NEW.state <> OLD.state
BEGIN
    INSERT INTO load VALUES (NEW.state, NEW.sender, 1, NEW.content_bytes), (NEW.state, '', 1, NEW.content_bytes)
    ON CONFLICT (box, peer) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER inbox_load_out AFTER UPDATE OF state ON inbox
WHEN OLD.state IN ('waiting', 'held') AND NEW.state <> OLD.state
BEGIN
    UPDATE load SET messages = messages - 1, bytes = bytes - OLD.content_bytes
    WHERE box = OLD.state AND peer IN (OLD.sender, '');
    DELETE FROM load WHERE box = OLD.state AND peer = OLD.sender AND messages = 0;
END;

CREATE TRIGGER inbox_load_gone AFTER DELETE ON inbox WHEN OLD.state IN ('waiting', 'held')
BEGIN
    UPDATE load SET messages = messages - 1, bytes = bytes - OLD.content_bytes
    WHERE box = OLD.state AND peer IN (OLD.sender, '');
    DELETE FROM load WHERE box = OLD.state AND peer = OLD.sender AND messages = 0;
END;

CREATE TRIGGER outbox_load_new AFTER INSERT ON outbox WHEN NEW.state IN ('queued', 'held')
BEGIN
    INSERT INTO load VALUES ('outbox', NEW.recipient, 1, NEW.content_bytes), ('outbox', '', 1, NEW.content_bytes)
    ON CONFLICT (box, peer) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER outbox_load_in AFTER UPDATE OF state ON outbox
WHEN NEW.state IN ('queued', 'held') AND OLD.state NOT IN ('queued', 'held')
BEGIN
    INSERT INTO load VALUES ('outbox', NEW.recipient, 1, NEW.content_bytes), ('outbox', '', 1, NEW.content_bytes)
    ON CONFLICT (box, peer) DO UPDATE SET messages = messages + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER outbox_load_out AFTER UPDATE OF state ON outbox
WHEN OLD.state IN ('queued', 'held') AND NEW.state NOT IN ('queued', 'held')
BEGIN
    UPDATE load SET messages = messages - 1, bytes = bytes - OLD.content_bytes
    WHERE box = 'outbox' AND peer IN (OLD.recipient, '');
    DELETE FROM load WHERE box = 'outbox' AND peer = OLD.recipient AND messages = 0;
END;

CREATE TRIGGER outbox_load_gone AFTER DELETE ON outbox WHEN OLD.state IN ('queued', 'held')
BEGIN
    UPDATE load SET messages = messages - 1, bytes = bytes - OLD.content_bytes
    WHERE box = 'outbox' AND peer IN (OLD.recipient, '');
    DELETE FROM load WHERE box = 'outbox' AND peer = OLD.recipient AND messages = 0;
END;

ALTER TABLE outbox ADD COLUMN queued_at INTEGER;

UPDATE outbox SET queued_at = created_at WHERE state = 'queued';
