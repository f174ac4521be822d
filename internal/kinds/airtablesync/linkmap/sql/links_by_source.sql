SELECT source_record, target_record
  FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND target_record <> '' AND source_record IN (/*ids*/);
