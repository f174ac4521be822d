SELECT key, workspace, type FROM event_categories
