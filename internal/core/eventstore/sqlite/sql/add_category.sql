INSERT INTO event_categories (key, workspace, type) VALUES ($1, $2, $3)
