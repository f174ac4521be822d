INSERT INTO workflows (seq, workspace, id, kind, name, state, version, config, labels, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (seq) DO UPDATE SET name = excluded.name, state = excluded.state, version = excluded.version,
	config = excluded.config, labels = excluded.labels, updated_at = excluded.updated_at
