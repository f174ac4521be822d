// Package progress shows how far a watched execution is: as bars on a terminal,
// as plain lines elsewhere.
package progress

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

// Reporter shows the frames of one execution as they come.
type Reporter interface {
	Show(client.Frame)
	// Close leaves the last state visible and returns when all is drawn.
	Close()
}

// Bars returns a reporter that draws one bar per part of the execution, such as
// a table. It stops drawing when ctx ends.
func Bars(ctx context.Context, w io.Writer) Reporter { return newBars(ctx, w) }

// Lines returns a reporter that writes a line per change that is worth one.
func Lines(w io.Writer) Reporter { return &lines{w: w, tenth: map[string]int64{}} }

type lines struct {
	w     io.Writer
	tenth map[string]int64
}

// Show writes an event, or progress by at least a tenth.
func (l *lines) Show(f client.Frame) {
	if f.Event != nil {
		if text := eventText(f.Event); text != "" {
			l.write(f.Event.Time, text)
		}
		return
	}
	p := f.Progress
	for _, item := range p.Items {
		if l.moved(item.Name, item.Done, item.Total) {
			l.write(p.UpdatedAt, item.Name+": "+output.Amount("", item.Done, item.Total))
		}
	}
	if len(p.Items) == 0 && l.moved(p.Message, p.Done, p.Total) {
		l.write(p.UpdatedAt, output.Amount(p.Message, p.Done, p.Total))
	}
}

func (l *lines) write(at time.Time, text string) {
	fmt.Fprintln(l.w, output.Time(at), output.Plain(text))
}

// moved reports a step of a tenth, or of a thousand where the total is not
// known, so that a pipe is not flooded.
func (l *lines) moved(name string, done, total int64) bool {
	tenth := done / 1000
	if total > 0 {
		tenth = done * 10 / total
	}
	last, seen := l.tenth[name]
	l.tenth[name] = tenth
	return !seen || tenth != last
}

// Close does nothing: every line is out.
func (*lines) Close() {}
