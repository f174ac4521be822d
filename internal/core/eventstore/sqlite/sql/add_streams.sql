INSERT INTO event_streams (key, category, id) VALUES (?, ?, ?)
