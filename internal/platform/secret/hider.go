package secret

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// minHidden is the length in bytes from which on a credential is hidden. A shorter
// one may be a part of other words: hiding it would spoil what a step returns.
const minHidden = 8

// Hider replaces credentials by *** in text that was made by code which knows
// them. The zero value hides nothing yet. It is safe for concurrent use.
type Hider struct {
	mu    sync.Mutex
	forms []string // in which the credentials may occur, the longest first
}

// Add has a credential hidden from now on, also as it looks in an address, in
// JSON or between quotes.
func (h *Hider) Add(s Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, plain := range []string{string(s), strings.TrimSpace(string(s))} {
		quoted, escaped := strconv.Quote(plain), jsonText(plain)
		for _, form := range []string{plain, quoted[1 : len(quoted)-1], escaped, url.QueryEscape(plain), url.PathEscape(plain)} {
			if len(form) >= minHidden && !slices.Contains(h.forms, form) {
				h.forms = append(h.forms, form)
			}
		}
	}
	slices.SortStableFunc(h.forms, func(a, b string) int { return len(b) - len(a) })
}

// jsonText returns a text as it stands between the quotes of a JSON string.
func jsonText(text string) string {
	raw, _ := json.Marshal(text) // a string always encodes
	return string(raw[1 : len(raw)-1])
}

// all returns the forms that are hidden.
func (h *Hider) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.forms)
}

// Text returns the text without the credentials.
func (h *Hider) Text(text string) string { return hide(h.all(), text) }

func hide(forms []string, text string) string {
	for _, form := range forms {
		text = strings.ReplaceAll(text, form, mask)
	}
	return text
}

// JSON returns valid JSON without the credentials in its strings, in whatever way
// they are escaped. Where there is none, it returns raw itself.
func (h *Hider) JSON(raw json.RawMessage) json.RawMessage {
	forms := h.all()
	if len(forms) == 0 || bytes.IndexByte(raw, '\\') < 0 && hide(forms, string(raw)) == string(raw) {
		return raw
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return json.RawMessage(`"` + mask + `"`) // not JSON: nothing of it is safe
	}
	hidden, changed := hideIn(forms, value)
	if !changed {
		return raw
	}
	out, _ := json.Marshal(hidden) // it was decoded from JSON
	return out
}

// hideIn replaces credentials in the strings of a decoded JSON value.
func hideIn(forms []string, value any) (out any, changed bool) {
	switch v := value.(type) {
	case string:
		text := hide(forms, v)
		return text, text != v
	case []any:
		for i := range v {
			element, did := hideIn(forms, v[i])
			v[i], changed = element, changed || did
		}
		return v, changed
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, element := range v {
			element, did := hideIn(forms, element)
			name := hide(forms, key)
			clean[name], changed = element, changed || did || name != key
		}
		return clean, changed
	}
	return value, false
}
