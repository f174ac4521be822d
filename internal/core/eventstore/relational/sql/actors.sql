SELECT key, kind, id FROM event_actors
