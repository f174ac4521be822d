INSERT INTO idempotent_answers (workspace, principal, scope, key, body_hash, answer, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (workspace, principal, scope, key) DO NOTHING
