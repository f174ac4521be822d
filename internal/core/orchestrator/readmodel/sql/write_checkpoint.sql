UPDATE read_checkpoint SET position = $1 WHERE id = 1
