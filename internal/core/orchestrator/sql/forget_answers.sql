-- Uses idempotent_answers_by_age.
DELETE FROM idempotent_answers WHERE created_at < $1
