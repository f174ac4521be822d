DELETE FROM engine_open WHERE workspace = $1 AND execution = $2
