package relational

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// eventID derives an event's UUIDv7 (RFC 9562, method 3): milliseconds, their
// fraction in 12 bits, and 62 bits that are one-to-one with the position and
// mixed with the store's salt.
func eventID(salt, position int64, at time.Time) string {
	const odd = 0x9e3779b97f4a7c15 // odd, so that the product keeps positions apart
	micros := uint64(at.UnixMicro())
	fraction := micros % 1000 * 4096 / 1000
	low := (uint64(position)*odd + uint64(salt)) & (1<<62 - 1)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], micros/1000<<16|7<<12|fraction)
	binary.BigEndian.PutUint64(b[8:], low|1<<63)
	var out [36]byte
	hex.Encode(out[:8], b[:4])
	hex.Encode(out[9:13], b[4:6])
	hex.Encode(out[14:18], b[6:8])
	hex.Encode(out[19:23], b[8:10])
	hex.Encode(out[24:], b[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}

// metaColumn is the part of Meta that the meta column holds; the actor has a column
// of its own.
type metaColumn struct {
	Correlation string                     `json:"correlation,omitempty"`
	Causation   string                     `json:"causation,omitempty"`
	TraceParent string                     `json:"traceparent,omitempty"`
	Extra       map[string]json.RawMessage `json:"extra,omitempty"`
}

// encodeMeta returns nil when there is nothing for the column.
func encodeMeta(m eventstore.Meta) ([]byte, error) {
	if m.Correlation == "" && m.Causation == "" && m.TraceParent == "" && len(m.Extra) == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // unknown fields come back as they were
	if err := enc.Encode(metaColumn{m.Correlation, m.Causation, m.TraceParent, m.Extra}); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func decodeMeta(column []byte) (eventstore.Meta, error) {
	var c metaColumn
	if len(column) > 0 {
		if err := json.Unmarshal(column, &c); err != nil {
			return eventstore.Meta{}, err
		}
	}
	return eventstore.Meta{Correlation: c.Correlation, Causation: c.Causation, TraceParent: c.TraceParent, Extra: c.Extra}, nil
}
