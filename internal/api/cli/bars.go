package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// bars draws one bar per part of an execution, such as a table.
type bars struct {
	progress *mpb.Progress
	byName   map[string]*mpb.Bar
}

func newBars(ctx context.Context, w io.Writer) *bars {
	return &bars{
		progress: mpb.NewWithContext(ctx, mpb.WithOutput(w), mpb.WithWidth(48), mpb.WithAutoRefresh()),
		byName:   map[string]*mpb.Bar{},
	}
}

func (b *bars) show(f client.Frame) {
	if f.Event != nil {
		if text := eventText(f.Event); text != "" {
			fmt.Fprintln(b.progress, plain(text)) // above the bars
		}
		return
	}
	items := f.Progress.Items
	if len(items) == 0 {
		items = []workflow.ProgressItem{{Name: first(f.Progress.Message, "progress"), Done: f.Progress.Done, Total: f.Progress.Total}}
	}
	for _, item := range items {
		b.set(item)
	}
}

func (b *bars) set(item workflow.ProgressItem) {
	bar := b.byName[item.Name]
	if bar == nil {
		bar = b.progress.AddBar(0,
			mpb.PrependDecorators(decor.Name(plain(item.Name), decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
			mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5})))
		b.byName[item.Name] = bar
	}
	bar.SetTotal(max(item.Total, item.Done), false) // it completes in close, since a total may still grow
	bar.SetCurrent(item.Done)
}

// close leaves the last state on the screen and waits for the drawing.
func (b *bars) close() {
	for _, bar := range b.byName {
		bar.SetTotal(-1, true)
	}
	b.progress.Wait()
}
