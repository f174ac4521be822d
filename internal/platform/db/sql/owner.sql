SELECT owner, since FROM db_owner WHERE id = 1
