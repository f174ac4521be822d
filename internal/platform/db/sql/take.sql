INSERT INTO db_owner (id, epoch, owner, since) VALUES (1, 1, $1, $2)
ON CONFLICT (id) DO UPDATE SET epoch = db_owner.epoch + 1, owner = excluded.owner, since = excluded.since
RETURNING epoch
