package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// printTypes writes how many events of each type a run adds and how long their
// columns are.
func printTypes(ctx context.Context, out io.Writer, c *core.Core, after int64, runs int) error {
	length := "length(CAST(e.%s AS BLOB))"
	if c.DB.Dialect() == db.Postgres {
		length = "octet_length(e.%s::text)"
	}
	rows, err := c.DB.Read().Query(ctx, fmt.Sprintf(`SELECT t.name, count(*), coalesce(sum(`+length+`), 0), coalesce(sum(length(e.journal)), 0), coalesce(sum(`+length+`), 0)
		FROM events e JOIN event_types t ON t.key = e.type WHERE e.position > $1 GROUP BY t.name ORDER BY min(e.position)`, "data", "meta"), after)
	if err != nil {
		return err
	}
	defer rows.Close()
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "events\tdata bytes each\tjournal\tmeta\ttype of event")
	var all [4]int64
	for rows.Next() {
		var name string
		var n, data, journal, meta int64
		if err := rows.Scan(&name, &n, &data, &journal, &meta); err != nil {
			return err
		}
		fmt.Fprintf(w, "%.1f\t%.0f\t%.0f\t%.0f\t%s\n", per(n, runs), float64(data)/float64(n), float64(journal)/float64(n), float64(meta)/float64(n), name)
		all = [4]int64{all[0] + n, all[1] + data, all[2] + journal, all[3] + meta}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	fmt.Fprintf(w, "%.1f\t%.0f\t%.0f\t%.0f\tall of one run together\n", per(all[0], runs), per(all[1], runs), per(all[2], runs), per(all[3], runs))
	return w.Flush()
}

// printSamples writes the events after a position.
func printSamples(ctx context.Context, out io.Writer, c *core.Core, after int64) error {
	events, err := c.Store.ReadAll(ctx, after, 500, eventstore.Filter{Private: true})
	for _, e := range events {
		fmt.Fprintf(out, "%s\n  data    %4d %s\n  journal %4d %s\n", e.Type, len(e.Data), e.Data, len(e.Journal), e.Journal)
	}
	return err
}
