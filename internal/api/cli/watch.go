package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// errParked ends a watch: nothing more happens until somebody does something.
var errParked = errors.New("parked")

// watch follows an execution, shows how far it is, and ends with its result:
// an error with ExitFailed or ExitWaiting where it did not complete.
func (k *call) watch(ctx context.Context, id workflow.ExecutionID) error {
	r := k.reporter(ctx)
	err := k.Follow(ctx, id, 0, func(f client.Frame) error {
		r.show(f)
		if f.Event != nil && f.Event.Type == "execution.parked" {
			return k.stillParked(ctx, id)
		}
		return nil
	})
	r.close()
	if err != nil && !errors.Is(err, errParked) {
		return err
	}
	e, err := k.Execution(ctx, id)
	if err != nil {
		return err
	}
	if err := k.printExecution(e); err != nil {
		return err
	}
	return outcome(e)
}

// stillParked tells an old event of the replayed history from the state now.
func (k *call) stillParked(ctx context.Context, id workflow.ExecutionID) error {
	e, err := k.Execution(ctx, id)
	if err == nil && e.State == workflow.Parked {
		return errParked
	}
	return err
}

func outcome(e workflow.Execution) error {
	switch e.State {
	case workflow.Completed:
		return nil
	case workflow.Parked:
		return WithCode(fmt.Errorf("the execution is parked (%s): %s", e.Parked.Reason, e.Parked.Fix), ExitWaiting)
	}
	text := "the execution " + string(e.State)
	if e.State == workflow.Cancelled {
		text = "the execution was cancelled"
	}
	if e.Error != nil {
		text += ": " + e.Error.Message
	}
	return WithCode(errors.New(text), ExitFailed)
}

// reporter shows what a watched execution does.
type reporter interface {
	show(client.Frame)
	close()
}

// reporter draws bars on a terminal and writes lines elsewhere; where the
// result is JSON, the lines go beside it.
func (k *call) reporter(ctx context.Context) reporter {
	switch {
	case k.json:
		return newLines(k.state.Stderr)
	case k.state.Terminal:
		return newBars(ctx, k.state.Stdout)
	}
	return newLines(k.state.Stdout)
}

// lines writes one line per change worth a line.
type lines struct {
	w     io.Writer
	tenth map[string]int64
}

func newLines(w io.Writer) *lines { return &lines{w: w, tenth: map[string]int64{}} }

func (l *lines) show(f client.Frame) {
	if f.Event != nil {
		if text := eventText(f.Event); text != "" {
			fmt.Fprintln(l.w, when(f.Event.Time), plain(text))
		}
		return
	}
	p := f.Progress
	for _, item := range p.Items {
		if l.moved(item.Name, item.Done, item.Total) {
			fmt.Fprintln(l.w, when(p.UpdatedAt), plain(item.Name+": "+progressText("", item.Done, item.Total)))
		}
	}
	if len(p.Items) == 0 && l.moved(p.Message, p.Done, p.Total) {
		fmt.Fprintln(l.w, when(p.UpdatedAt), plain(progressText(p.Message, p.Done, p.Total)))
	}
}

// moved reports a step of a tenth, so that a pipe is not flooded.
func (l *lines) moved(name string, done, total int64) bool {
	tenth := done / 1000
	if total > 0 {
		tenth = done * 10 / total
	}
	last, seen := l.tenth[name]
	l.tenth[name] = tenth
	return !seen || tenth != last
}

func (*lines) close() {}

func progressText(message string, done, total int64) string {
	text := message
	if text != "" {
		text += " "
	}
	if total == 0 {
		return text + fmt.Sprint(done)
	}
	return text + fmt.Sprintf("%d/%d (%d %%)", done, total, done*100/total)
}
