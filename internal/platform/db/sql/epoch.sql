SELECT epoch FROM db_owner WHERE id = 1
