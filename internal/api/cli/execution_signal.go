package cli

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func executionSignal(s *State) *cobra.Command {
	var data, key string
	c := &cobra.Command{
		Use: "signal EXECUTION NAME", Short: "Send a signal that an execution waits for, such as an approval", Args: cobra.ExactArgs(2),
		Long:    "Send a signal that an execution waits for, such as an approval. NAME is what executions get shows as \"waiting for\", with or without the kind in front. A signal for which nothing waits yet is kept.",
		Example: `  pyairtable-workflows executions signal ex_… approve --data '{"by":"Ada"}'`,
		RunE: on(s, func(c *cobra.Command, k *call, args []string) error {
			if err := noneEmpty(c, "idempotency-key"); err != nil {
				return err
			}
			if c.Flags().Changed("data") && !json.Valid([]byte(data)) {
				return WithCode(errors.New("--data is not JSON; a text needs its quotes, as in '\"yes\"'"), ExitInput)
			}
			name := args[1][strings.LastIndex(args[1], "/")+1:]
			e, err := k.SignalExecution(c.Context(), workflow.ExecutionID(args[0]), name, json.RawMessage(data), key)
			if err != nil {
				return err
			}
			return k.printExecution(e)
		}),
	}
	c.Flags().StringVar(&data, "data", "", "what the kind takes with the signal, as JSON")
	c.Flags().StringVar(&key, "idempotency-key", "", "repeating the command with the same key sends once")
	return c
}
