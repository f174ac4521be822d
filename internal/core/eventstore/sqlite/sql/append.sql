-- What an append runs on the driver's own connection. The last row of
-- placeholders is repeated for as many rows as a statement takes.

-- name: lookup
SELECT s.key, coalesce((SELECT max(e.version) FROM events e WHERE e.stream = s.key), 0), coalesce(s.labels, 0)
FROM event_streams s WHERE s.category = ? AND s.id = ?

-- name: add_streams
INSERT INTO event_streams (key, category, id, labels) VALUES (?, ?, ?, ?)

-- name: add_events
-- Epoch and time are the same for all rows of a commit.
INSERT INTO events (epoch, time, position, stream, version, type, schema, actor, data, journal, meta) VALUES (?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?, ?)
