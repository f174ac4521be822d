-- The table idempotent_answers.

-- name: recall_answer
SELECT body_hash, answer FROM idempotent_answers
WHERE workspace = $1 AND principal = $2 AND scope = $3 AND key = $4

-- name: remember_answer
INSERT INTO idempotent_answers (workspace, principal, scope, key, body_hash, answer, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (workspace, principal, scope, key) DO NOTHING

-- name: forget_answers
-- Walks idempotent_answers_by_age.
DELETE FROM idempotent_answers WHERE created_at < $1
