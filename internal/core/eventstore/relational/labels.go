package relational

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// maxLabels bounds the labels that are kept in memory: a store may have some for
// each of 100,000 definitions.
const maxLabels = 8192

// label is a row of event_labels.
type label struct {
	key  int64
	text json.RawMessage
}

// labels remembers rows of event_labels; the database has all of them. The zero
// value is empty.
type labels struct {
	mu    sync.RWMutex
	texts map[int64]json.RawMessage
	keys  map[string]int64
}

// find returns the row with a text.
func (l *labels) find(text json.RawMessage) (label, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	key, ok := l.keys[string(text)]
	return label{key, l.texts[key]}, ok
}

// remember adds a row and returns it with a text of its own, which streams and
// readers share.
func (l *labels) remember(key int64, text []byte) label {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keys == nil || len(l.keys) >= maxLabels {
		l.keys, l.texts = map[string]int64{}, map[int64]json.RawMessage{}
	}
	own := label{key, bytes.Clone(text)}
	l.keys[string(text)], l.texts[key] = key, own.text
	return own
}

// forget drops everything: a commit failed, and what it added is not there.
func (l *labels) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys, l.texts = nil, nil
}

// read returns the texts of keys, zeros apart, from memory or by one query.
func (l *labels) read(ctx context.Context, q db.Querier, sql string, keys []int64) (map[int64]json.RawMessage, error) {
	if !slices.ContainsFunc(keys, func(key int64) bool { return key != 0 }) {
		return nil, nil
	}
	texts := map[int64]json.RawMessage{}
	missing := l.known(keys, texts)
	if len(missing) == 0 {
		return texts, nil
	}
	list, err := json.Marshal(missing)
	if err != nil {
		return nil, err
	}
	found, err := collect(ctx, q, sql, func(rows db.Rows, row *label) error {
		var text string
		err := rows.Scan(&row.key, &text)
		row.text = json.RawMessage(text)
		return err
	}, json.RawMessage(list))
	if err != nil {
		return nil, fmt.Errorf("read the labels of streams: %w", err)
	}
	for _, row := range found {
		texts[row.key] = l.remember(row.key, row.text).text
	}
	return texts, nil
}

// known adds to texts what is in memory and returns the keys that are not.
func (l *labels) known(keys []int64, texts map[int64]json.RawMessage) (missing []int64) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, key := range keys {
		if _, done := texts[key]; done || key == 0 {
			continue
		}
		if text, ok := l.texts[key]; ok {
			texts[key] = text
		} else {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}
