UPDATE secrets SET data_key = $3, sealed = $4, updated_at = $5
WHERE workspace = $1 AND id = $2
