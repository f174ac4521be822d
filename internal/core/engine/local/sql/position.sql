SELECT position FROM engine_open_at WHERE id = 1
