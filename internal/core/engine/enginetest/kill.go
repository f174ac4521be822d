package enginetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Killable is a backend whose processes can really be killed, between any two
// appends (Can.SecondProcess, Can.AtomicActivation): the test binary starts itself
// as a child that opens the backend by its URL.
type Killable struct {
	// Fresh returns the URL of an empty store that outlives a child.
	Fresh func(t testing.TB) string
	// Open opens the store and an engine on it. wrap stands between the two.
	Open func(ctx context.Context, url string, reg *engine.Registry, o engine.Observer, wrap func(eventstore.Store) eventstore.Store) (*Life, error)
	// Replay is Backend.Replay.
	Replay func(store eventstore.Store, reg *engine.Registry, workspace, execution string) error
}

// Life is one life of a killable backend.
type Life struct {
	Engine engine.Engine
	Store  eventstore.Store
	DB     *db.DB
	Close  func() error
}

// The child learns by these what it is.
const (
	envPoint = "ENGINETEST_POINT"
	envURL   = "ENGINETEST_URL"
	envWorld = "ENGINETEST_WORLD"
	envFail  = "ENGINETEST_FAIL"
)

// point is a moment at which a child kills itself.
type point struct {
	when  string // submit, commit, before, after, attach
	event string // of submit and commit: the type of an event in the append
	step  string // the step concerned; empty: any
}

func (p point) String() string {
	return strings.Trim(strings.ReplaceAll(p.when+"_"+strings.TrimPrefix(p.event, "execution.")+"_"+p.step, "/", "-"), "_")
}

// killCase is one story with one or more deaths.
type killCase struct {
	points []point
	fail   bool   // the story fails and is undone
	twice  string // what may happen twice, under one key
}

var killCases = []killCase{
	{points: []point{{when: "submit", event: engine.EventCreated}}},
	{points: []point{{when: "commit", event: engine.EventCreated}}},
	{points: []point{{when: "submit", event: engine.EventStepStarted, step: "kill/b"}}, twice: "kill/a"},
	{points: []point{{when: "commit", event: engine.EventStepStarted, step: "kill/b"}}},
	{points: []point{{when: "before", step: "kill/b"}}},
	{points: []point{{when: "after", step: "kill/b"}}, twice: "kill/b"},
	{points: []point{{when: "submit", event: engine.EventStepCompleted, step: "kill/b"}}, twice: "kill/b"},
	{points: []point{{when: "attach", step: "kill/b"}}, twice: "kill/b"},
	{points: []point{{when: "commit", event: engine.EventStepCompleted, step: "kill/b"}}},
	{points: []point{{when: "submit", event: engine.EventCompleted}}, twice: "kill/c"},
	{points: []point{{when: "commit", event: engine.EventCompleted}}},
	{points: []point{{when: "submit", event: engine.EventCompensating}}, fail: true, twice: "kill/c"},
	{points: []point{{when: "before", step: "kill/c/undo"}}, fail: true},
	{points: []point{{when: "after", step: "kill/c/undo"}}, fail: true, twice: "kill/c/undo"},
	{points: []point{{when: "commit", event: engine.EventStepCompleted, step: "kill/c/undo"}}, fail: true},
	{points: []point{{when: "submit", event: engine.EventFailed}}, fail: true, twice: "kill/b/undo"},
	{points: []point{{when: "before", step: "kill/b"}, {when: "submit", event: "journal.step_interrupted"}, {when: "before", step: "kill/b"}}},
	{points: []point{{when: "after", step: "kill/b"}, {when: "commit", event: engine.EventStepCompleted, step: "kill/b"}, {when: "after", step: "kill/c/undo"}}, fail: true, twice: "kill/b kill/c/undo"},
}

// RunKilled kills real child processes at the dangerous points and compares
// what the outside world saw with what was promised (I1, I2, I3, I8). Its test
// must contain nothing else: the children run it too.
func RunKilled(t *testing.T, k Killable) {
	if os.Getenv(envURL) != "" {
		child(t, k)
		return
	}
	for _, c := range killCases {
		var names []string
		for _, p := range c.points {
			names = append(names, p.String())
		}
		t.Run(strings.Join(names, "+"), func(t *testing.T) {
			t.Parallel()
			killed(t, k, c)
		})
	}
}

// killed lets children die at the points in turn, and the last one finish.
func killed(t *testing.T, k Killable, c killCase) {
	url, world := k.Fresh(t), filepath.Join(t.TempDir(), "world")
	for _, p := range c.points {
		raw, _ := json.Marshal([]string{p.when, p.event, p.step})
		out, err := spawn(t, url, world, string(raw), c.fail)
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed at %s: %v\n%s", p, err, out)
		}
	}
	out, err := spawn(t, url, world, "", c.fail)
	if err != nil {
		t.Fatalf("the last child: %v\n%s", err, out)
	}
	checkWorld(t, world, c)
	checkStore(t, k, url, c)
}

// spawn runs one child to its end.
func spawn(t *testing.T, url, world, at string, fail bool) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	root, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+root+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), envURL+"="+url, envWorld+"="+world, envPoint+"="+at, envFail+"="+fmt.Sprint(fail))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// checkWorld compares the effects that the outside world saw.
func checkWorld(t *testing.T, world string, c killCase) {
	f, err := os.Open(world)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	times, keys, order := map[string]int{}, map[string]string{}, []string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, key, _ := strings.Cut(lines.Text(), " ")
		if was, ok := keys[name]; ok && was != key { // I3
			t.Errorf("%s was done under %s and %s", name, was, key)
		}
		if times[name] == 0 {
			order = append(order, name)
		}
		times[name]++
		keys[name] = key
	}
	want := "kill/a kill/b kill/c"
	if c.fail {
		want += " kill/c/undo kill/b/undo" // I8
	}
	if got := strings.Join(order, " "); got != want {
		t.Errorf("happened: %s, want %s", got, want)
	}
	for name, n := range times { // I2
		may := strings.Contains(" "+c.twice+" ", " "+name+" ")
		if n > 2 || n == 2 && !may {
			t.Errorf("%s happened %d times", name, n)
		}
	}
}

// checkStore looks at the stream, the attached rows and the journal.
func checkStore(t *testing.T, k Killable, url string, c killCase) {
	reg, _ := story(func(context.Context, string, string) error { return nil }, nil)
	life := openLife(t, k, url, reg, nobody{}, func(s eventstore.Store) eventstore.Store { return s })
	defer life.Close()
	events, err := life.Store.ReadStream(t.Context(), storyStream, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1].Type
	if c.fail && last != engine.EventFailed || !c.fail && last != engine.EventCompleted { // I1
		t.Errorf("it ended with %s", last)
	}
	done := map[string]int{}
	for _, e := range events {
		if e.Type == engine.EventStepCompleted {
			done[string(e.Data)]++
		}
	}
	for step, n := range done {
		if n != 1 {
			t.Errorf("%d results: %s", n, step)
		}
	}
	var rows int
	if err := life.DB.Read().QueryRow(t.Context(), "SELECT count(*) FROM enginetest_rows").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d attached rows (%v), want 1", rows, err)
	}
	if err := k.Replay(life.Store, reg, storyStream.Workspace, storyStream.ID); err != nil { // I5
		t.Error(err)
	}
}

// openLife opens a life; the one before it was killed and may take a moment to
// let go.
func openLife(t *testing.T, k Killable, url string, reg *engine.Registry, o engine.Observer, wrap func(eventstore.Store) eventstore.Store) *Life {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		life, err := k.Open(context.Background(), url, reg, o, wrap)
		if err == nil {
			return life
		}
		if !errors.Is(err, db.ErrInUse) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
