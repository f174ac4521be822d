-- Uses airtablesync_links_by_target.
SELECT target_record, source_record
  FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND target_record IN (/*ids*/);
