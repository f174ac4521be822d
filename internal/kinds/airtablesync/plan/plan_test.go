package plan

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestFingerprintFollowsTheMapping(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Pair)
		same   bool
	}{
		"nothing":               {func(*Pair) {}, true},
		"a new choice":          {func(p *Pair) { p.Fields[0].Target.Options = json.RawMessage(`{"choices":[]}`) }, true},
		"a target renamed":      {func(p *Pair) { p.Fields[0].Target.Name = "X" }, true},
		"a link skipped":        {func(p *Pair) { p.Skipped = nil }, true},
		"a field less":          {func(p *Pair) { p.Fields = p.Fields[1:] }, false},
		"another source field":  {func(p *Pair) { p.Fields[0].Source = "fldZ" }, false},
		"another target field":  {func(p *Pair) { p.Fields[0].Target.ID = "fldZ" }, false},
		"another type":          {func(p *Pair) { p.Fields[0].Target.Type = airtable.MultilineText }, false},
		"as text":               {func(p *Pair) { p.Fields[0].AsText = true }, false},
		"a link less":           {func(p *Pair) { p.Links = p.Links[1:] }, false},
		"a link to other rows":  {func(p *Pair) { p.Links[0].To = "firms" }, false},
		"another external ID":   {func(p *Pair) { p.ExternalID = "fldZ" }, false},
		"another link's target": {func(p *Pair) { p.Links[0].Target = "fldZ" }, false},
	} {
		changed := people()
		test.change(&changed)
		if same := changed.Fingerprint() == people().Fingerprint(); same != test.same {
			t.Errorf("%s: same fingerprint %t", name, same)
		}
	}
}

func TestAPairNamesWhatItNeeds(t *testing.T) {
	t.Parallel()
	p := people()
	if got := p.Key(); got != "appS/tblS>appT/tblT" {
		t.Errorf("key %s", got)
	}
	if got := p.ExternalIDOf("rec1"); got != "appS/rec1" {
		t.Errorf("external ID %s", got)
	}
	if diff := cmp.Diff([]string{"fldName", "fldDone", "fldSum", "fldNote", "fldBoss", "fldFirm", "fldOut"}, p.SourceFields()); diff != "" {
		t.Errorf("source fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"fldX", "fldN", "fldD", "fldS", "fldR", "fldB", "fldF"}, p.TargetFields()); diff != "" {
		t.Errorf("target fields (-want +got):\n%s", diff)
	}
}

func TestGroupsAreByTargetBase(t *testing.T) {
	t.Parallel()
	var p Plan
	for _, base := range []airtable.BaseID{"appB", "appA", "appB", "appC", "appA"} {
		p.Pairs = append(p.Pairs, Pair{Target: Side{Base: base}})
	}
	if diff := cmp.Diff([][]int{{0, 2}, {1, 4}, {3}}, p.Groups()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
