SELECT source_record, target_record, created, cells_hash, answer_hash, swept, listed, listed_hash, listed_answer
  FROM airtablesync_links
 WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND source_record IN (/*ids*/);
