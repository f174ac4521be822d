INSERT INTO engine_open_at (id, position) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET position = excluded.position
