SELECT body_hash, answer FROM idempotent_answers
WHERE workspace = $1 AND principal = $2 AND scope = $3 AND key = $4
