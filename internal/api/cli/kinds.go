package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

func kindCommands(s *State) *cobra.Command {
	return connected(group("kinds", "Show what a workflow may be", kindList(s), kindShow(s)))
}

func kindList(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the kinds of workflow", Args: cobra.NoArgs,
		RunE: on(s, func(c *cobra.Command, k *call, _ []string) error {
			page, err := k.Kinds(c.Context())
			if err != nil {
				return err
			}
			return k.print(page, func(w io.Writer) {
				output.Row(w, "NAME", "TITLE")
				for _, kind := range page.Items {
					output.Row(w, kind.Name, kind.Title)
				}
			})
		}),
	}
}

func kindShow(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a kind: the schemas of its configuration and its input, and examples", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			page, err := k.Kinds(c.Context())
			if err != nil {
				return err
			}
			at := slices.IndexFunc(page.Items, func(kind client.Kind) bool { return kind.Name == args[0] })
			if at < 0 {
				return noKind(args[0], page.Items)
			}
			return k.printKind(page.Items[at])
		}),
	}
}

// noKind says which kinds there are.
func noKind(name string, kinds []client.Kind) error {
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Name)
	}
	return WithCode(fmt.Errorf("%q is not a kind of workflow of this server; the kinds are %v%s", name, names, suggest.Nearest(name, names)), ExitInput)
}

// printKind shows the documents of a kind as they are: they are JSON in a table
// too.
func (k *call) printKind(kind client.Kind) error {
	if k.json {
		return output.JSON(k.state.Stdout, kind)
	}
	fmt.Fprintf(k.state.Stdout, "%s: %s\n", output.Plain(kind.Name), output.Plain(kind.Title))
	documents := []struct {
		title string
		text  any
	}{{"configuration", kind.Schema}, {"input of an execution", kind.InputSchema}}
	for i, example := range kind.Examples {
		documents = append(documents, struct {
			title string
			text  any
		}{fmt.Sprintf("example %d", i+1), example})
	}
	for _, d := range documents {
		fmt.Fprintf(k.state.Stdout, "\n%s:\n", d.title)
		if err := output.JSON(k.state.Stdout, d.text); err != nil {
			return err
		}
	}
	return nil
}
