-- Epoch and time are the same for all rows of a commit.
INSERT INTO events (position, stream, version, type, schema, data, journal, meta, epoch, time)
SELECT u.*, $9::integer, $10::bigint
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::integer[], $6::json[], $7::bytea[], $8::json[]) AS u
