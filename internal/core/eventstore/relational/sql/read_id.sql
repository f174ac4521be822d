-- As read_all, for the streams of one id: finds them first and walks each one's
-- unique index (stream, version).
SELECT e.position, e.version, e.type, e.schema, e.epoch, e.time, coalesce(e.actor, 0), e.data, CASE WHEN $2 < 1 THEN e.journal END, e.meta, s.category, s.id
FROM event_categories c
JOIN event_streams s ON s.category = c.key AND s.id = $6
JOIN events e ON e.stream = s.key
WHERE e.position > $1 AND e.type >= $2
	AND ($4 = '' OR c.workspace = $4) AND ($5 = '' OR c.type = $5)
ORDER BY e.position
LIMIT $3
