SELECT figures FROM workflow_figures WHERE workflow = $1
