SELECT key, name FROM event_types
