INSERT INTO event_types (key, name) VALUES ($1, $2)
