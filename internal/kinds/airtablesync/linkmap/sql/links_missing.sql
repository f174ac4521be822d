-- Rows of ours whose source row the sweep did not see and whose target row the
-- listing did.
SELECT source_record, target_record
  FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND source_record > $4
   AND created = 1 AND target_record <> '' AND swept <> $5 AND listed = $6
 ORDER BY source_record
 LIMIT $7;
