INSERT INTO events (position, stream, version, type, schema, epoch, time, data, journal, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
