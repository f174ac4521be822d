package orchestrator

import (
	"cmp"
	"context"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Kinds lists the registered kinds in order of their names.
func (s *Service) Kinds() []*kind.Kind {
	kinds := slices.Clone(s.kinds.Kinds())
	slices.SortFunc(kinds, func(a, b *kind.Kind) int { return cmp.Compare(a.Name(), b.Name()) })
	return kinds
}

func (s *Service) kindNames() []string {
	var names []string
	for _, k := range s.Kinds() {
		names = append(names, k.Name())
	}
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
