DELETE FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND source_record = $4;
