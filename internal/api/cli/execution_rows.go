package cli

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionRows(s *State) *cobra.Command {
	var l client.RowList
	var counts bool
	c := &cobra.Command{
		Use: "rows EXECUTION", Short: "List the records that were deleted, or not written completely, and why", Args: cobra.ExactArgs(1),
		Long: "List what an execution did about single records of the other system: those that were deleted, or not written, or not completely, and why. The first 10,000 are listed; --counts counts all of them.",
		Example: `  pyairtable-workflows executions rows ex_… --counts
  pyairtable-workflows executions rows ex_… --table Contacts --what reduced`,
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			if counts {
				return k.printRowCounts(c, workflow.ExecutionID(args[0]))
			}
			return k.printRows(c, workflow.ExecutionID(args[0]), l)
		}),
	}
	c.Flags().StringVar(&l.Table, "table", "", "only this table")
	c.Flags().StringVar(&l.What, "what", "", "only what this happened to, such as deleted, skipped, held or reduced")
	c.Flags().StringVar(&l.Code, "code", "", "only with this reason")
	c.Flags().BoolVar(&counts, "counts", false, "count all records, by table, what happened, and reason")
	c.Flags().StringVar(&l.Cursor, "cursor", "", "where the page before ended")
	c.Flags().IntVar(&l.Limit, "limit", 0, "records per page, at most 1000")
	for _, flag := range []string{"table", "what", "code", "cursor", "limit"} {
		c.MarkFlagsMutuallyExclusive("counts", flag)
	}
	return c
}

func (k *call) printRows(c *cobra.Command, id workflow.ExecutionID, l client.RowList) error {
	page, err := k.Rows(c.Context(), id, l)
	if err != nil {
		return err
	}
	var counts workflow.RowCounts
	if page.Next == "" && !k.json { // the last page says what no page has
		if counts, err = k.RowCounts(c.Context(), id); err != nil {
			return err
		}
	}
	return k.print(page, func(w io.Writer) {
		output.Row(w, "TABLE", "RECORD", "FIELD", "WHAT", "CODE", "WHY")
		for _, r := range page.Items {
			output.Row(w, r.Table, r.Record, cmp.Or(r.Field, "-"), r.What, cmp.Or(r.Code, "-"), r.Message)
		}
		output.More(w, page.Next)
		unlisted(w, counts)
	})
}

// unlisted says why a list does not have every row.
func unlisted(w io.Writer, c workflow.RowCounts) {
	switch {
	case c.ExpiredAt != nil:
		fmt.Fprintf(w, "the list expired on %s; --counts still counts %d records\n", output.Time(*c.ExpiredAt), c.Rows)
	case c.Listed < c.Rows:
		fmt.Fprintf(w, "%d of %d records are listed; --counts counts all\n", c.Listed, c.Rows)
	}
}

func (k *call) printRowCounts(c *cobra.Command, id workflow.ExecutionID) error {
	counts, err := k.RowCounts(c.Context(), id)
	if err != nil {
		return err
	}
	return k.print(counts, func(w io.Writer) {
		output.Row(w, "TABLE", "WHAT", "CODE", "RECORDS")
		for _, n := range counts.Items {
			output.Row(w, n.Table, n.What, cmp.Or(n.Code, "-"), n.Rows)
		}
		output.Row(w, "all", "", "", counts.Rows)
		unlisted(w, counts)
	})
}
