package orchestrator

import (
	"context"
	"encoding/json"
	"sort"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// KindInfo describes a registered kind.
type KindInfo struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
}

// Kinds lists the registered kinds in order of their names.
func (s *Service) Kinds() []KindInfo {
	out := []KindInfo{}
	for _, name := range s.kindNames() {
		out = append(out, KindInfo{Name: name, Schema: s.kinds.Kind(name).Schema()})
	}
	return out
}

func (s *Service) kindNames() []string {
	var names []string
	for _, k := range s.kinds.Kinds() {
		names = append(names, k.Name())
	}
	sort.Strings(names)
	return names
}

// rule is what a kind says about the lanes of its workflows. Executions of a kind
// that this build does not have run one at a time.
func (s *Service) rule(name string) admission.Rule {
	if k := s.kinds.Kind(name); k != nil {
		return ruleOf(k)
	}
	return admission.Rule{Most: 1}
}

func ruleOf(k *kind.Kind) admission.Rule {
	return admission.Rule{Most: k.Concurrency(), Frees: k.FreesLane()}
}

// Version is what the kinds ask when an execution begins. It reads the stream
// without holding the definition: whoever starts an execution holds it already.
func (s *Service) Version(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, n int) (workflow.VersionData, error) {
	return s.definitions.stored(ctx, workflowStream(ws, id), n)
}
