-- Uses workflows_by_id: ids are UUIDv7, so the order of ids is that of creation.
SELECT seq, workspace, id, kind, name, state, version, config, labels, created_at, updated_at
FROM workflows
WHERE workspace = $1 AND id < $2 AND ($3 = '' OR kind = $3)
	AND (state = $4 OR ($4 = '' AND state <> 'archived'))
ORDER BY id DESC LIMIT $5
