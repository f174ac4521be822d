package cli

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/input"
	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func workflowCommands(s *State) *cobra.Command {
	return connected(group("workflows", "Create, run and look at workflows",
		workflowCreate(s), workflowList(s), workflowGet(s), workflowUpdate(s), workflowDelete(s), workflowRun(s),
		workflowVerb(s, "pause", "Take no new starts and pause open executions", (*client.Client).PauseWorkflow),
		workflowVerb(s, "resume", "Undo pause", (*client.Client).ResumeWorkflow),
		workflowCancel(s), workflowVersions(s), workflowExecutions(s), workflowMetrics(s), workflowHealth(s)))
}

func workflowCreate(s *State) *cobra.Command {
	var file, title, kind, key string
	var labels map[string]string
	c := &cobra.Command{
		Use:   "create --file FILE",
		Short: "Create a workflow from a file",
		Long:  "Create a workflow from a file (- for standard input): either a whole one, {\"name\", \"type\", \"config\"}, or a bare configuration together with --name and --type.",
		Example: "  pyairtable-workflows workflows create --file crm-sync.json\n" +
			"  pyairtable-workflows workflows create --name CRM --type airtable_sync --file - < config.json",
		Args: cobra.NoArgs,
		RunE: on(s, func(c *cobra.Command, k *call, _ []string) error {
			if err := noneEmpty(c, "idempotency-key"); err != nil {
				return err
			}
			d, err := input.Workflow(s.Stdin, file, title, kind)
			if err != nil {
				return WithCode(err, ExitInput)
			}
			if d.Name == "" || d.Type == "" {
				return WithCode(errors.New("the workflow has no name or no type; put both into the file, or give --name and --type"), ExitInput)
			}
			if len(labels) > 0 {
				d.Labels = labels
			}
			made, err := k.CreateWorkflow(c.Context(), d, key)
			if err != nil {
				return err
			}
			return k.printWorkflow(made)
		}),
	}
	c.Flags().StringVarP(&file, "file", "f", "", "file with the workflow or its configuration, - for standard input")
	c.Flags().StringVar(&title, "name", "", "name, for a bare configuration")
	c.Flags().StringVar(&kind, "type", "", "kind, for a bare configuration: airtable_sync")
	c.Flags().StringToStringVar(&labels, "label", nil, "label KEY=VALUE, repeatable")
	c.Flags().StringVar(&key, "idempotency-key", "", "repeating the command with the same key creates once")
	required(c, "file")
	return c
}

func workflowList(s *State) *cobra.Command {
	var l client.List
	c := &cobra.Command{
		Use: "list", Short: "List workflows, newest first", Args: cobra.NoArgs,
		RunE: on(s, func(c *cobra.Command, k *call, _ []string) error {
			page, err := k.Workflows(c.Context(), l)
			if err != nil {
				return err
			}
			return k.print(page, func(w io.Writer) {
				output.Row(w, "ID", "NAME", "TYPE", "VERSION", "STATE", "UPDATED")
				for _, d := range page.Items {
					output.Row(w, d.ID, d.Name, d.Type, d.Version, d.State, output.Time(d.UpdatedAt))
				}
				output.More(w, page.Next)
			})
		}),
	}
	c.Flags().StringVar(&l.Type, "type", "", "only this kind")
	c.Flags().StringVar(&l.State, "state", "", "active, paused or archived; without it all but the archived")
	paged(c, &l)
	return c
}

func workflowGet(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "get WORKFLOW", Short: "Show a workflow", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			d, err := k.Workflow(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.printWorkflow(d)
		}),
	}
}

func workflowUpdate(s *State) *cobra.Command {
	var file, title string
	var seen int
	c := &cobra.Command{
		Use:   "update WORKFLOW --file FILE",
		Short: "Make a new version from a file",
		Long:  "Make a new version from a file: a whole workflow or a bare configuration. Without --if-match the version that is there now is taken as seen, so that no change in between is lost.",
		Args:  cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			d, err := input.Workflow(s.Stdin, file, "", "")
			if err != nil {
				return WithCode(err, ExitInput)
			}
			now, err := k.Workflow(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			if d.Name == "" && d.Labels == nil { // a bare configuration has neither
				d.Labels = now.Labels
			}
			d.Name = cmp.Or(title, d.Name, now.Name)
			made, err := k.UpdateWorkflow(c.Context(), now.ID, d, cmp.Or(seen, now.Version))
			if err != nil {
				return err
			}
			return k.printWorkflow(made)
		}),
	}
	c.Flags().StringVarP(&file, "file", "f", "", "file with the workflow or its configuration, - for standard input")
	c.Flags().StringVar(&title, "name", "", "new name")
	c.Flags().IntVar(&seen, "if-match", 0, "version that you have seen; refused when another one came in between")
	required(c, "file")
	return c
}

func workflowDelete(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "delete WORKFLOW", Short: "Archive a workflow permanently; its history stays readable", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			if err := k.DeleteWorkflow(c.Context(), workflow.ID(args[0])); err != nil {
				return err
			}
			return k.print(map[string]string{"archived": args[0]}, func(w io.Writer) { output.Row(w, "archived", args[0]) })
		}),
	}
}

func workflowVerb(s *State, verb, short string, do func(*client.Client, context.Context, workflow.ID) (workflow.Definition, error)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " WORKFLOW", Short: short, Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			d, err := do(k.Client, c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.printWorkflow(d)
		}),
	}
}

func workflowCancel(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "cancel WORKFLOW", Short: "Cancel all open executions of a workflow", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			n, err := k.CancelWorkflow(c.Context(), workflow.ID(args[0]))
			if err != nil {
				return err
			}
			return k.print(map[string]int{"cancelling": n}, func(w io.Writer) { output.Row(w, "cancelling", n) })
		}),
	}
}
