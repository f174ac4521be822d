SELECT position FROM read_checkpoint WHERE id = 1
