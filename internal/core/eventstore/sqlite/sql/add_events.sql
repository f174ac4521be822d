INSERT INTO events (epoch, time, position, stream, version, type, schema, actor, data, journal, meta) VALUES (?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?, ?)
