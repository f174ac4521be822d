package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
)

// simShutdown bounds how long the simulator waits for responses in progress when it is told to stop.
const simShutdown = 5 * time.Second

// simFlags are the flags of `airtable-sim` as the user gave them.
type simFlags struct {
	addr      string
	tokens    []string
	penalty   time.Duration
	rateLimit string
	speed     float64
	data      string
}

// airtableSimCommand is `airtable-sim`: it serves the simulator until its context ends.
func airtableSimCommand() *cobra.Command {
	var flags simFlags
	cmd := &cobra.Command{
		Use:   "airtable-sim",
		Short: "Serve a simulated Airtable for trying and testing without an account",
		Long: "Serve a simulated Airtable Web API. It keeps its data in memory, or in the file given by --data, " +
			"where everything it has acknowledged survives even a SIGKILL.",
		Example: "  pyairtable-workflows airtable-sim --token patDemo --data sim.data\n" +
			"  pyairtable-workflows airtable-sim --token patRead=data.records:read,schema.bases:read --speed 50",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveSim(cmd, flags)
		},
	}
	cmd.Flags().AddFlagSet(airtableSimFlags(&flags))
	return cmd
}

// airtableSimFlags returns the flags, bound to the fields of flags.
func airtableSimFlags(flags *simFlags) *pflag.FlagSet {
	set := pflag.NewFlagSet("airtable-sim", pflag.ContinueOnError)
	set.StringVar(&flags.addr, "addr", "127.0.0.1:8095", "address to listen on; port 0 picks a free port")
	set.StringArrayVar(&flags.tokens, "token", nil, "token to accept, TOKEN or TOKEN=scope,scope; repeatable; without a list the token has every scope")
	set.DurationVar(&flags.penalty, "penalty", 30*time.Second, "how long a base refuses all calls after its rate limit was exceeded")
	set.StringVar(&flags.rateLimit, "rate-limit", "on", "on or off: enforce 5 calls/s per base and 50 calls/s per token")
	set.Float64Var(&flags.speed, "speed", 1, "run Airtable's limits N times faster: rates times N, penalties and expiries divided by N")
	set.StringVar(&flags.data, "data", "", "file to keep the data in; created if it does not exist; without it, data is kept in memory")
	return set
}

// config turns the flags into the simulator's configuration, or says which flag is wrong and how to fix it.
func (f simFlags) config() (sim.Config, error) {
	cfg := sim.Config{Penalty: f.penalty, Speed: f.speed, DataFile: f.data}
	if len(f.tokens) == 0 {
		return cfg, errors.New("airtable-sim needs at least one --token, or no one can call it; for example --token patDemo")
	}
	for _, text := range f.tokens {
		value, scopes, limited := strings.Cut(text, "=")
		if value == "" {
			return cfg, fmt.Errorf("--token %q has no token before the equals sign; write --token TOKEN=scope,scope", text)
		}
		token := sim.Token{Value: value}
		if limited {
			token.Scopes = strings.FieldsFunc(scopes, func(r rune) bool { return r == ',' })
			if token.Scopes == nil {
				token.Scopes = []string{}
			}
		}
		cfg.Tokens = append(cfg.Tokens, token)
	}
	switch f.rateLimit {
	case "on":
	case "off":
		cfg.NoRateLimit = true
	default:
		return cfg, fmt.Errorf("--rate-limit is %q; write on or off", f.rateLimit)
	}
	if f.speed <= 0 {
		return cfg, fmt.Errorf("--speed is %g; write a number above 0, where 1 is Airtable's own pace", f.speed)
	}
	if f.penalty <= 0 {
		return cfg, fmt.Errorf("--penalty is %s; write a duration above 0, such as 30s", f.penalty)
	}
	return cfg, nil
}

// serveSim opens the simulator, prints one line once it listens, and serves until the context ends.
func serveSim(cmd *cobra.Command, flags simFlags) (err error) {
	cfg, err := flags.config()
	if err != nil {
		return cli.WithCode(err, cli.ExitInput)
	}
	listener, err := net.Listen("tcp", flags.addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return cli.WithCode(fmt.Errorf("cannot listen on %s: the port is already in use; stop what uses it or choose another with --addr", flags.addr), cli.ExitEnvironment)
	}
	if err != nil {
		return cli.WithCode(fmt.Errorf("cannot listen on %s: %w; choose another address with --addr", flags.addr, err), cli.ExitEnvironment)
	}
	simulator, err := sim.Open(cfg)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, simulator.Close()) }()
	fmt.Fprintf(cmd.OutOrStdout(), "airtable-sim listening on http://%s\n", listener.Addr())
	return serveUntilDone(cmd.Context(), listener, simulator.Handler())
}

// serveUntilDone serves until ctx ends, then lets responses in progress finish. It returns nil after an orderly end.
func serveUntilDone(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("airtable-sim stopped serving: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), simShutdown)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		err = server.Close()
		<-ended
		return err
	}
	<-ended
	return nil
}
