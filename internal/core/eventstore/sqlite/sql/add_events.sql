INSERT INTO events (epoch, time, position, stream, version, type, schema, data, journal, meta) VALUES (?1, ?2, ?, ?, ?, ?, ?, ?, ?, ?)
