SELECT fingerprint FROM secret_master WHERE id = 1
