-- One owner per schema; NULL when the search path names no schema.
SELECT pg_try_advisory_lock(hashtextextended('pyairtable-workflows ' || current_schema(), 0))
