SELECT seq, workspace, id, kind, name, state, version, config, labels, created_at, updated_at
FROM workflows WHERE workspace = $1 AND id = $2
