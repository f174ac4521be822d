-- What a completed sweep did not see and the target does not have, or what is
-- not ours, needs no line.
DELETE FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND swept <> $4 AND (listed <> $5 OR created = 0);
