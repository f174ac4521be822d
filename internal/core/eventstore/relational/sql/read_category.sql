-- As read_all, for the streams of a workspace, of a type or of both.
SELECT e.position, e.version, e.type, e.schema, e.epoch, e.time, coalesce(e.actor, 0), e.data, CASE WHEN $2 < 1 THEN e.journal END, e.meta, s.category, s.id
FROM events e
JOIN event_streams s ON s.key = e.stream
WHERE e.position > $1 AND e.type >= $2
	AND s.category IN (SELECT key FROM event_categories WHERE ($4 = '' OR workspace = $4) AND ($5 = '' OR type = $5))
ORDER BY e.position
LIMIT $3
