DELETE FROM executions
