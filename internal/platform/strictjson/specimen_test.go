package strictjson_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// specimen has one field for each thing that can be declared. The documents in
// testdata are read as specimens.
type specimen struct {
	Text     string                   `json:"text" maxLength:"20" doc:"Some text" example:"hello"`
	Name     string                   `json:"name,omitempty" nonempty:"true" title:"Name" group:"People" order:"99"`
	ID       string                   `json:"id,omitempty" pattern:"^app[a-z]*$" patternDescription:"an ID that begins with app"`
	Plain    string                   `json:"plain,omitempty" minLength:"2" pattern:"^[a-z]+$"`
	On       bool                     `json:"on,omitempty"`
	Count    int                      `json:"count,omitempty" minimum:"1" maximum:"100" default:"10"`
	Tiny     int8                     `json:"tiny,omitempty"`
	Whole    int64                    `json:"whole,omitempty"`
	Size     uint16                   `json:"size,omitempty" minimum:"1"`
	Ratio    float64                  `json:"ratio,omitempty" exclusiveMinimum:"0" exclusiveMaximum:"1"`
	Single   float32                  `json:"single,omitempty" maximum:"1e30"`
	Exact    json.Number              `json:"exact,omitempty"`
	Every    time.Duration            `json:"every,omitempty" minimum:"1s" maximum:"90d" default:"30s"`
	Since    time.Time                `json:"since,omitzero"`
	Mode     mode                     `json:"mode,omitempty" default:"auto"`
	Strategy string                   `json:"strategy,omitempty" enum:"source_wins,target_wins" unavailable:"merge,manual"`
	Live     bool                     `json:"live,omitempty" noEffect:"changes are read when it is executed"`
	Address  netip.Addr               `json:"address,omitzero"`
	Pointer  *int                     `json:"pointer,omitempty"`
	Nullable *string                  `json:"nullable" minLength:"1"`
	Tags     []string                 `json:"tags,omitempty" nonempty:"true" maxItems:"3" uniqueItems:"true" minLength:"1"`
	Grid     [][]int                  `json:"grid,omitempty" minItems:"2" maximum:"9"`
	Labels   map[string]string        `json:"labels,omitempty" maxProperties:"3" keyMinLength:"1" keyMaxLength:"5" keyPattern:"^[^A-Z]*$" maxLength:"5"`
	Counts   map[key]int              `json:"counts,omitempty" minProperties:"1" minimum:"0"`
	Raw      json.RawMessage          `json:"raw,omitempty"`
	Object   strictjson.Object        `json:"object,omitzero"`
	Wrapped  wrapped                  `json:"wrapped,omitzero"`
	Token    secret.Secret            `json:"token,omitempty"`
	Headers  map[string]secret.Secret `json:"headers,omitempty"`
	Inner    inner                    `json:"inner,omitzero"`
	Inners   []inner                  `json:"inners,omitempty"`
	Sources  []source                 `json:"sources,omitempty"`
	Action   action                   `json:"action,omitempty"`
	embedded
	_      int // an unexported field is passed over
	Hidden int `json:"-"`
}

type key string

type mode string

// Values lists the modes.
func (mode) Values() []mode { return []mode{"auto", "full", "incremental"} }

// wrapped is an object with a method of its own.
type wrapped struct{ strictjson.Object }

type embedded struct {
	Above string `json:"above,omitempty" maxLength:"3"`
	deeper
}

type deeper struct {
	Below int `json:"below,omitempty" default:"-1"`
}

type inner struct {
	A int `json:"a"`
	B int `json:"b,omitempty" default:"7"`
	C struct {
		D []int `json:"d,omitempty" default:"[1,2]"`
	} `json:"c,omitzero"`
}

// source says beside its configuration what it is.
type source struct {
	Type   string       `json:"type"`
	Config sourceConfig `json:"config" variant:"type"`
	Auth   sourceConfig `json:"auth,omitempty" variant:"by"`
	By     string       `json:"by,omitempty" default:"web"`
}

type sourceConfig interface{ source() }

type airtableSource struct {
	BaseID string        `json:"base_id"`
	APIKey secret.Secret `json:"api_key"`
}

type webSource struct {
	URL   string        `json:"url,omitempty"`
	Then  []source      `json:"then,omitempty"`
	Token secret.Secret `json:"token,omitempty"`
}

func (*airtableSource) source() {}
func (webSource) source()       {}

// action says itself what it is, and may contain others.
type action interface{}

type call struct {
	Type   string `json:"type"`
	Method string `json:"method,omitempty" enum:"GET,POST" default:"GET"`
}

type loop struct {
	Times int           `json:"times,omitempty" default:"2"`
	Do    []action      `json:"do"`
	Key   secret.Secret `json:"key,omitempty"`
}

// unions are the options that a specimen needs.
func unions(more ...strictjson.Option) []strictjson.Option {
	return append([]strictjson.Option{
		strictjson.OneOf[sourceConfig]("", strictjson.Variant[airtableSource]("airtable", "Records of a base"), strictjson.Variant[webSource]("web", "")),
		strictjson.OneOf[action]("type", strictjson.Variant[call]("call", "One request"), strictjson.Variant[loop]("loop", "")),
	}, more...)
}

var (
	specimenType = strictjson.For[specimen](unions(strictjson.Title("specimen", "Everything at once"))...)
	freshType    = strictjson.For[specimen](unions(strictjson.NewCredentials())...)
)

// lines writes faults as testdata holds them.
func lines(faults []strictjson.Fault) string {
	var text string
	for _, f := range faults {
		text += fmt.Sprintf("%q %s: %s\n", f.Pointer, f.Code, f.Detail)
	}
	return text
}
