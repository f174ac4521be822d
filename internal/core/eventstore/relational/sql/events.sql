-- Reads of events with their streams.

-- name: head
SELECT
	(SELECT coalesce(max(position), 0) FROM events),
	(SELECT coalesce(max(key), 0) FROM event_streams),
	(SELECT coalesce(max(key), 0) FROM event_labels)

-- name: position
SELECT coalesce(max(position), 0) FROM events

-- name: event_columns
e.position, e.version, e.type, e.schema, e.epoch, e.time, coalesce(e.actor, 0), e.data, e.meta, s.category, coalesce(s.labels, 0), s.id

-- name: the_stream
(SELECT w.key FROM event_streams w
	WHERE w.category = (SELECT c.key FROM event_categories c WHERE c.workspace = $1 AND c.type = $2) AND w.id = $3)

-- name: read_stream
-- Walks the unique index (stream, version).
SELECT {event_columns}, e.journal
FROM events e
JOIN event_streams s ON s.key = e.stream
WHERE e.stream = {the_stream} AND e.version > $4
ORDER BY e.version
LIMIT $5

-- name: read_one_stream
-- As read_all, for one stream: versions and positions have the same order. $5 is
-- the lowest type key.
SELECT {event_columns}, CASE WHEN $5 < 1 THEN e.journal END
FROM events e
JOIN event_streams s ON s.key = e.stream
WHERE e.stream = {the_stream} AND e.position > $4 AND e.type >= $5
ORDER BY e.version
LIMIT $6

-- name: read_all
-- Walks the primary key from a position. $2 is the lowest type key: 1 leaves the
-- private events out.
SELECT {event_columns}, CASE WHEN $2 < 1 THEN e.journal END
FROM events e
JOIN event_streams s ON s.key = e.stream
WHERE e.position > $1 AND e.type >= $2
ORDER BY e.position
LIMIT $3

-- name: read_categories
-- As read_all, for the streams of a workspace ($4: of all), of a type ($6 = '':
-- of all) or of both. The plus signs keep the events the outer loop: from the
-- categories one would have to sort all that their streams hold.
SELECT {event_columns}, CASE WHEN $2 < 1 THEN e.journal END
FROM events e
JOIN event_streams s ON s.key = e.stream
JOIN event_categories c ON c.key = +s.category
WHERE e.position > $1 AND e.type >= $2 AND ($4 OR +c.workspace = $5) AND ($6 = '' OR c.type = $6)
ORDER BY e.position
LIMIT $3

-- name: read_streams
-- As read_all, for the streams that share an id: finds them first and sorts what
-- they hold.
SELECT {event_columns}, CASE WHEN $2 < 1 THEN e.journal END
FROM event_categories c
JOIN event_streams s ON s.category = c.key AND s.id = $7
JOIN events e ON e.stream = s.key
WHERE e.position > $1 AND e.type >= $2 AND ($4 OR c.workspace = $5) AND ($6 = '' OR c.type = $6)
ORDER BY e.position
LIMIT $3
