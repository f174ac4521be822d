package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func keyCommands(s *State) *cobra.Command {
	return connected(group("keys", "Make and revoke service keys", keyCreate(s), keyList(s), keyRevoke(s)))
}

func keyCreate(s *State) *cobra.Command {
	var title string
	var scopes []string
	var days int
	c := &cobra.Command{
		Use:     "create --name NAME --scope SCOPE",
		Short:   "Make a service key; its token is shown once",
		Long:    fmt.Sprintf("Make a service key; its token is shown once. Scopes: %v.", workflow.Permissions()),
		Example: "  pyairtable-workflows keys create --name nightly --scope workflows:run --scope executions:read",
		Args:    cobra.NoArgs,
		RunE: on(s, func(c *cobra.Command, k *call, _ []string) error {
			var want []workflow.Permission
			for _, p := range scopes {
				want = append(want, workflow.Permission(p))
			}
			made, err := k.CreateKey(c.Context(), title, want, days)
			if err != nil {
				return err
			}
			return k.print(made, func(w io.Writer) {
				output.Row(w, "id", made.ID)
				output.Row(w, "name", made.Name)
				output.Row(w, "scopes", made.Scopes)
				output.Row(w, "expires", output.Time(made.ExpiresAt))
				output.Row(w, "token", made.Token)
				fmt.Fprintln(w, "Keep the token now: it is not shown again.")
			})
		}),
	}
	c.Flags().StringVar(&title, "name", "", "what the key is for")
	c.Flags().StringSliceVar(&scopes, "scope", nil, "what it may do, repeatable")
	c.Flags().IntVar(&days, "days", 0, "days until it stops working, at most 365")
	required(c, "name")
	required(c, "scope")
	return c
}

func keyList(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the service keys", Args: cobra.NoArgs,
		RunE: on(s, func(c *cobra.Command, k *call, _ []string) error {
			keys, err := k.Keys(c.Context())
			if err != nil {
				return err
			}
			return k.print(keys, func(w io.Writer) {
				output.Row(w, "ID", "NAME", "SCOPES", "EXPIRES", "REVOKED", "LAST USED")
				for _, key := range keys.Items {
					output.Row(w, key.ID, key.Name, key.Scopes, output.Time(key.ExpiresAt), output.TimeOrDash(key.RevokedAt), output.TimeOrDash(key.LastUsed))
				}
			})
		}),
	}
}

func keyRevoke(s *State) *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "Revoke a service key at once", Args: cobra.ExactArgs(1),
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			if err := k.RevokeKey(c.Context(), workflow.KeyID(args[0])); err != nil {
				return err
			}
			return k.print(map[string]string{"revoked": args[0]}, func(w io.Writer) { output.Row(w, "revoked", args[0]) })
		}),
	}
}
