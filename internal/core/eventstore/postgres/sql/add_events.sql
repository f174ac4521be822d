-- Epoch and time are the same for all rows of a commit; an actor of 0 is none.
INSERT INTO events (position, stream, version, type, schema, actor, data, journal, meta, epoch, time)
SELECT u.position, u.stream, u.version, u.type, u.schema, nullif(u.actor, 0), u.data, u.journal, u.meta, $10::integer, $11::bigint
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::json[], $8::bytea[], $9::json[])
	AS u (position, stream, version, type, schema, actor, data, journal, meta)
