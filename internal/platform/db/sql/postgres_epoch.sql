-- Fails (division by zero) when somebody else is the owner, so that nothing that
-- was sent together with it is committed.
SELECT 1 / count(*) FROM db_owner WHERE id = 1 AND epoch = $1
