-- Walks the primary key from a position. $2 is the lowest type key: 1 leaves the
-- private events out.
SELECT e.position, e.version, e.type, e.schema, e.epoch, e.time, coalesce(e.actor, 0), e.data, CASE WHEN $2 < 1 THEN e.journal END, e.meta, s.category, s.id
FROM events e
JOIN event_streams s ON s.key = e.stream
WHERE e.position > $1 AND e.type >= $2
ORDER BY e.position
LIMIT $3
