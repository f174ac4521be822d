INSERT INTO secret_data_keys (workspace, id, wrapped) VALUES ($1, $2, $3)
