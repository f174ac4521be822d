SELECT
	(SELECT salt FROM event_store WHERE id = 1),
	(SELECT coalesce(max(position), 0) FROM events),
	(SELECT coalesce(max(key), 0) FROM event_streams)
