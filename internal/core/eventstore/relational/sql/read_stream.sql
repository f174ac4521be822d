-- Walks the unique index (stream, version).
SELECT e.position, e.version, e.type, e.schema, e.epoch, e.time, coalesce(e.actor, 0), e.data, e.journal, e.meta, s.category, s.id
FROM event_categories c
JOIN event_streams s ON s.category = c.key AND s.id = $3
JOIN events e ON e.stream = s.key AND e.version > $4
WHERE c.workspace = $1 AND c.type = $2
ORDER BY e.version
LIMIT $5
