package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/pyairtable/pyairtable-workflows/bench/footprint"
)

// since returns by how much p has grown since before.
func (p picture) since(before picture) picture {
	sizes := map[[2]string]int64{}
	for _, r := range before.relations {
		sizes[[2]string{r.Table, r.Index}] = r.Bytes
	}
	values := map[[2]string]footprint.Column{}
	for _, c := range before.columns {
		values[[2]string{c.Table, c.Name}] = c
	}
	grown := picture{total: p.total - before.total, position: p.position - before.position}
	for _, r := range p.relations {
		r.Bytes -= sizes[[2]string{r.Table, r.Index}]
		grown.relations = append(grown.relations, r)
	}
	for _, c := range p.columns {
		old := values[[2]string{c.Table, c.Name}]
		c.Bytes, c.Values = c.Bytes-old.Bytes, c.Values-old.Values
		grown.columns = append(grown.columns, c)
	}
	slices.SortStableFunc(grown.relations, func(a, b footprint.Relation) int { return cmp.Compare(b.Bytes, a.Bytes) })
	slices.SortStableFunc(grown.columns, func(a, b footprint.Column) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return grown
}

// print writes the growth per run, largest first.
func (p picture) print(out io.Writer, runs int) {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "bytes\tshare\ttable or index")
	for _, r := range p.relations {
		if r.Bytes == 0 {
			continue
		}
		name := r.Table
		if r.Index != "" {
			name += " · index " + r.Index
		}
		fmt.Fprintf(w, "%.0f\t%.0f %%\t%s\n", per(r.Bytes, runs), 100*float64(r.Bytes)/float64(p.total), name)
	}
	w.Flush()
	fmt.Fprintln(w, "bytes\tvalues\tbytes/value\tcolumn of text or bytes")
	for _, c := range p.columns {
		if c.Bytes > 0 && c.Values > 0 {
			fmt.Fprintf(w, "%.0f\t%.1f\t%.1f\t%s.%s\n", per(c.Bytes, runs), per(c.Values, runs), float64(c.Bytes)/float64(c.Values), c.Table, c.Name)
		}
	}
	w.Flush()
}

func per(n int64, runs int) float64 { return float64(n) / float64(runs) }
