INSERT INTO event_store (id, salt) VALUES (1, $1) ON CONFLICT (id) DO NOTHING
