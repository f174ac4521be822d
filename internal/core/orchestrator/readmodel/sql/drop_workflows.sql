DELETE FROM workflows
