SELECT s.key, coalesce((SELECT max(e.version) FROM events e WHERE e.stream = s.key), 0)
FROM event_streams s WHERE s.category = ? AND s.id = ?
