SELECT workspace, execution FROM engine_open ORDER BY workspace, execution
