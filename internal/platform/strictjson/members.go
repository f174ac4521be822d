package strictjson

import (
	"bytes"
	"encoding/json"
)

// members is a JSON object whose members keep their order.
type members []member

type member struct {
	key   string
	value any
}

func (m *members) add(key string, value any) { *m = append(*m, member{key, value}) }

func (m *members) addText(key, value string) {
	if value != "" {
		m.add(key, value)
	}
}

// MarshalJSON writes the members in their order.
func (m members) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, each := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := plainJSON(each.key)
		if err != nil {
			return nil, err
		}
		value, err := plainJSON(each.value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainJSON leaves < > & as they are: no browser reads this as a page.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
