package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// printTable writes a row per contender, medians of all rounds, and below it
// how ours compares with each peer on the same database.
func printTable(out io.Writer, s settings, floors []float64, all []*contender) {
	fmt.Fprintf(out, "5 steps with effects, %d runs, %d callers, medians of %d rounds\n\n", s.runs, s.starters, s.rounds)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tstore\ta commit waits for the disk\truns/s\t÷ floor\tp50 ms\tp99 ms\tCPU ms/run\tserver's CPU ms/run\tbytes/run\t100 parallel ms\t")
	fmt.Fprintf(w, "floor\tfile\tyes: fdatasync\t%.0f\t1.00\t\t\t\t\t\t\t\n", median(floors))
	for _, c := range all {
		if len(c.rounds) > 0 {
			c.print(w)
		}
	}
	w.Flush()
	for _, c := range all {
		if c.failed != nil {
			fmt.Fprintf(out, "%s on %s failed in round %d and was left out from then on: %v\n", c.name, c.store, len(c.rounds)+1, c.failed)
		}
	}
	var rows []string
	for i, c := range all {
		if c.peer && len(c.rounds) > 0 {
			rows = append(rows, compare(oursBefore(all[:i]), c))
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(out)
	fmt.Fprintln(w, "ours ÷ peer\tstore\truns/s\tCPU/run, server's included\tbytes/run\t")
	fmt.Fprint(w, strings.Join(rows, ""))
	w.Flush()
}

func (c *contender) print(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%.2f\t%.1f\t%.1f\t%.3f\t%s\t%.0f\t%s\t\n", c.title(), c.store, durable(c.rounds[0].durability),
		c.median(func(f figures) float64 { return f.runsPerSecond }), c.median(func(f figures) float64 { return f.runsPerSecond / f.floor }),
		c.median(func(f figures) float64 { return ms(f.p50) }), c.median(func(f figures) float64 { return ms(f.p99) }),
		c.median(func(f figures) float64 { return ms(f.cpu) }), shown("%.3f", c.median(func(f figures) float64 { return ms(f.serverCPU) })),
		c.median(func(f figures) float64 { return f.bytes }), shown("%.1f", c.median(func(f figures) float64 { return ms(f.fan) })))
}

// durable says whether a setting makes every commit wait for the disk. If it does
// not, a power cut may undo what was acknowledged.
func durable(setting string) string {
	switch setting {
	case "synchronous=FULL", "synchronous=EXTRA", "synchronous_commit=on", "synchronous_commit=local":
		return "yes: " + setting
	}
	return "no: " + setting
}

// compare is the line of one peer. The ratios are those within each round.
func compare(ours, peer *contender) string {
	rounds := min(len(ours.rounds), len(peer.rounds))
	ratio := func(get func(figures) float64) float64 {
		ratios := make([]float64, rounds)
		for i := range ratios {
			ratios[i] = get(ours.rounds[i]) / get(peer.rounds[i])
		}
		return median(ratios)
	}
	return fmt.Sprintf("÷ %s, %s\t%s\t%.2f\t%.2f\t%.2f\t\n", peer.title(), peer.rounds[0].durability, peer.store,
		ratio(func(f figures) float64 { return f.runsPerSecond }),
		ratio(func(f figures) float64 { return ms(f.cpu + f.serverCPU) }),
		ratio(func(f figures) float64 { return f.bytes }))
}

// oursBefore is the last row of ours before a peer's, which is on the same database.
func oursBefore(rows []*contender) *contender {
	for _, c := range slices.Backward(rows) {
		if !c.peer {
			return c
		}
	}
	return nil
}

func (c *contender) title() string {
	if name := c.rounds[0].name; name != "" {
		return name
	}
	return c.name
}

func (c *contender) median(get func(figures) float64) float64 {
	values := make([]float64, len(c.rounds))
	for i, f := range c.rounds {
		values[i] = get(f)
	}
	return median(values)
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// shown is a figure, or nothing if it was not measured.
func shown(format string, v float64) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf(format, v)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
