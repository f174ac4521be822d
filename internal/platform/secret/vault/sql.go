package vault

import "embed"

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed sql/read_master.sql
var readMasterSQL string

//go:embed sql/write_master.sql
var writeMasterSQL string

//go:embed sql/newest_data_key.sql
var newestDataKeySQL string

//go:embed sql/read_data_key.sql
var readDataKeySQL string

//go:embed sql/write_data_key.sql
var writeDataKeySQL string

//go:embed sql/read_secret.sql
var readSecretSQL string

//go:embed sql/write_secret.sql
var writeSecretSQL string

//go:embed sql/replace_secret.sql
var replaceSecretSQL string
