package kind_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// stored are the versions of the workflow wf_1, and inputs by reference.
type stored struct {
	kind    string
	configs []string // version 1 first
	inputs  map[string]string
	fail    error // of every reading
	reads   int
}

func (s *stored) Version(_ context.Context, _ workflow.WorkspaceID, id workflow.ID, n int) (workflow.VersionData, error) {
	s.reads++
	if s.fail != nil {
		return workflow.VersionData{}, s.fail
	}
	if id != "wf_1" || n < 1 || n > len(s.configs) {
		return workflow.VersionData{}, workflow.NotFound("version_not_found", "no such version")
	}
	return workflow.VersionData{Kind: s.kind, Version: n, Config: json.RawMessage(s.configs[n-1])}, nil
}

func (s *stored) Input(_ context.Context, _ workflow.WorkspaceID, execution workflow.ExecutionID, ref string) (json.RawMessage, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	in, ok := s.inputs[string(execution)+"/"+ref]
	if !ok {
		return nil, workflow.NotFound("input_not_found", "no such input")
	}
	return json.RawMessage(in), nil
}

// run runs one execution of a kind of a set, to its end, and returns its public
// events as lines.
func run(ctx context.Context, set *kind.Set, k *kind.Kind, version int, input string) ([]string, error) {
	store := enginetest.NewMemory()
	defer store.Close()
	ended := make(chan struct{})
	e, err := local.New(local.Options{Registry: set.Registry(), Store: &enginetest.Ends{Store: store,
		Ended: func(string, string, workflow.ExecutionState) { close(ended) }}})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- e.Run(ctx) }()
	_, err = e.Start(ctx, engine.Start{Workspace: "ws_1", Execution: "ex_1", Function: k.Function(), Kind: k.Name(),
		Definition: "wf_1", Version: version, Input: json.RawMessage(input)})
	if err == nil {
		<-ended
	}
	stop()
	if stopErr := <-stopped; err == nil {
		err = stopErr
	}
	if err != nil {
		return nil, err
	}
	events, err := store.ReadAll(context.Background(), 0, 1000, eventstore.Filter{StreamType: engine.StreamType})
	var lines []string
	for _, e := range events {
		lines = append(lines, fmt.Sprintf("%s %s", e.Type, e.Data))
	}
	return lines, err
}
