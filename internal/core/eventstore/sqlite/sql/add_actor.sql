INSERT INTO event_actors (key, kind, id) VALUES ($1, $2, $3)
