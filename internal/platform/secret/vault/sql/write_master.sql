INSERT INTO secret_master (id, fingerprint) VALUES (1, $1)
