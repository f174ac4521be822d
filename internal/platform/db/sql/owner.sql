-- The one row of db_owner.

-- name: take_store
INSERT INTO db_owner (id, store, format, epoch, owner, since) VALUES (1, $1, $2, 1, $3, $4)
ON CONFLICT (id) DO UPDATE SET epoch = db_owner.epoch + 1, owner = excluded.owner, since = excluded.since
RETURNING store, epoch

-- name: known_owner
SELECT owner, since FROM db_owner WHERE id = 1

-- name: check_epoch
-- +only sqlite
SELECT epoch FROM db_owner WHERE id = 1
-- +end
-- +only postgres
-- Fails (division by zero) when someone else is the owner, so that nothing that
-- was sent together with it is committed.
SELECT 1 / count(*) FROM db_owner WHERE id = 1 AND epoch = $1
-- +end
