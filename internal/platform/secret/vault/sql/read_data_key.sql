SELECT wrapped FROM secret_data_keys WHERE workspace = $1 AND id = $2
