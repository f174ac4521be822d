DELETE FROM execution_steps
