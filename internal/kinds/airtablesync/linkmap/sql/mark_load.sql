SELECT mark, fingerprint
  FROM airtablesync_marks
 WHERE workspace = $1 AND workflow = $2 AND pair = $3;
