-- What is held until a moment is asked for by that moment, and it is asked for all the time.

CREATE INDEX inbox_held_until ON inbox (json_extract(hold, '$.until')) WHERE state = 'held';
CREATE INDEX outbox_held_until ON outbox (json_extract(hold, '$.until')) WHERE state = 'held';
