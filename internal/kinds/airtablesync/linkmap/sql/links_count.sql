SELECT COUNT(*), COALESCE(SUM(CASE WHEN created = 1 AND target_record <> '' AND swept <> $4 AND listed = $5 THEN 1 ELSE 0 END), 0)
  FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND target_record <> '';
