INSERT INTO engine_open (workspace, execution) VALUES ($1, $2) ON CONFLICT DO NOTHING
