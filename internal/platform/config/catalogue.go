package config

import (
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// setting is one leaf of a Config: where its value is and what its tags say.
type setting struct {
	key    string
	doc    string
	secret string
	value  reflect.Value
}

// settings lists the leaves of c in the order of their declaration. Setting a
// value through the result changes c.
func settings(c *Config) []setting {
	return walk(nil, "", reflect.ValueOf(c).Elem())
}

func walk(out []setting, prefix string, v reflect.Value) []setting {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := prefix + tag.Get("key")
		if v.Field(i).Kind() == reflect.Struct {
			out = walk(out, key+".", v.Field(i))
			continue
		}
		out = append(out, setting{key: key, doc: tag.Get("doc"), secret: tag.Get("secret"), value: v.Field(i)})
	}
	return out
}

// env is the variable that sets s: PAW_HTTP_ADDR for http.addr.
func (s setting) env() string {
	return "PAW_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

// flag is the flag that sets s: --http-addr for http.addr.
func (s setting) flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.key)
}

// shown is the value in a form that may be printed.
func (s setting) shown() string {
	text := fmt.Sprint(s.value.Interface())
	if s.secret != "password" {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.Scheme != "sqlite" {
		q := u.Query()
		if q.Has("password") {
			q.Set("password", "xxxxx")
			u.RawQuery = q.Encode()
		}
		return u.Redacted()
	}
	if strings.HasPrefix(text, "sqlite:") {
		return text
	}
	return "xxxxx"
}

// set accepts a value from any source. The error says what is expected and does
// not repeat the key.
func (s setting) set(raw any) error {
	switch s.value.Interface().(type) {
	case string:
		text, ok := raw.(string)
		if !ok {
			return fmt.Errorf("is not text; put it in quotes")
		}
		s.value.SetString(text)
	case time.Duration:
		d, err := time.ParseDuration(fmt.Sprint(raw))
		if err != nil {
			return fmt.Errorf("is not a duration; write a number with its unit, for example \"30s\"")
		}
		s.value.SetInt(int64(d))
	case int:
		n, err := strconv.Atoi(fmt.Sprint(raw))
		if err != nil {
			return fmt.Errorf("is not a whole number")
		}
		s.value.SetInt(int64(n))
	case float64:
		f, err := strconv.ParseFloat(fmt.Sprint(raw), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("is not a number")
		}
		s.value.SetFloat(f)
	default:
		return fmt.Errorf("has the type %s, which nothing here can read", s.value.Type())
	}
	return nil
}
