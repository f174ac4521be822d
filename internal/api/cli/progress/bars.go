package progress

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// bars draws one bar per part of an execution.
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

// Show writes an event above the bars, or moves them.
func (b *bars) Show(f client.Frame) {
	if f.Event != nil {
		if text := eventText(f.Event); text != "" {
			fmt.Fprintln(b.progress, output.Plain(text)) // above the bars
		}
		return
	}
	items := f.Progress.Items
	if len(items) == 0 {
		items = []workflow.ProgressItem{{Name: cmp.Or(f.Progress.Message, "progress"), Done: f.Progress.Done, Total: f.Progress.Total}}
	}
	for _, item := range items {
		b.set(item)
	}
}

func (b *bars) set(item workflow.ProgressItem) {
	bar := b.byName[item.Name]
	if bar == nil {
		bar = b.progress.AddBar(0,
			mpb.PrependDecorators(decor.Name(output.Plain(item.Name), decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
			mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5})))
		b.byName[item.Name] = bar
	}
	bar.SetTotal(max(item.Total, item.Done), false) // it completes in Close, because a total may still grow
	bar.SetCurrent(item.Done)
}

// Close completes every bar, and waits until it is drawn.
func (b *bars) Close() {
	for _, bar := range b.byName {
		bar.SetTotal(-1, true)
	}
	b.progress.Wait()
}
