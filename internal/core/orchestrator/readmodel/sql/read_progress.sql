SELECT progress FROM execution_progress WHERE workspace = $1 AND execution = $2
