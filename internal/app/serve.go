package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	apihttp "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	httpadmin "github.com/pyairtable/pyairtable-workflows/internal/api/http/admin"
	v1 "github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/config"
)

// httpGrace bounds how long responses in progress may take when the server stops.
const httpGrace = 2 * time.Second

// serveCommand is `serve`: it runs the server until its context ends.
func serveCommand(s *cli.State) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Run the server: API, engine and store in one process. On SIGTERM it reports that it is not ready, " +
			"gives running steps time to end (the next start recovers the rest) and exits with code 0.",
		Args: cobra.NoArgs,
	}
	config.AddFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		loaded, err := config.Load(config.FromFlags(cmd.Flags(), s.Env))
		if err != nil {
			return err
		}
		return serve(cmd.Context(), loaded, s)
	}
	return cmd
}

// serve listens before it opens the store, so that a port in use is reported
// before anything is touched.
func serve(ctx context.Context, c *config.Loaded, s *cli.State) (err error) {
	public, admin, err := listen(c.HTTP)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll(public, admin)) }()
	sys, err := open(ctx, c, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sys.close()) }()
	fmt.Fprintf(s.Stdout, "listening on http://%s\n", public.Addr())
	return sys.run(ctx, public, admin)
}

func listen(c config.HTTP) (public, admin net.Listener, err error) {
	if public, err = listenOn(c.Addr, "http.addr"); err != nil {
		return nil, nil, err
	}
	if c.AdminOff() {
		return public, nil, nil
	}
	if admin, err = listenOn(c.AdminAddr, "http.admin_addr"); err != nil {
		return nil, nil, errors.Join(err, public.Close())
	}
	return public, admin, nil
}

func listenOn(addr, key string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, cli.WithCode(fmt.Errorf("cannot listen on %s: the port is already in use; stop what uses it or set %s to another address", addr, key), cli.ExitEnvironment)
	}
	if err != nil {
		return nil, cli.WithCode(fmt.Errorf("cannot listen on %s: %w; set %s to another address", addr, err, key), cli.ExitEnvironment)
	}
	return l, nil
}

func closeAll(closers ...io.Closer) error {
	var errs []error
	for _, c := range closers {
		if l, ok := c.(net.Listener); !ok || l == nil {
			continue
		}
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// run serves until ctx ends or a part of the system fails, then stops in
// order: not ready, engine, listeners, orchestrator, projections.
func (sys *system) run(ctx context.Context, public, admin net.Listener) error {
	engine := sys.start(sys.engine.Run)
	projections := sys.start(sys.projections.Run)
	orchestrator := sys.start(sys.orchestrator.Run)
	servers := []*http.Server{sys.serveHTTP(public, sys.handler())}
	if admin != nil {
		servers = append(servers, sys.serveHTTP(admin, httpadmin.New(sys.metrics.Handler(), v1.Probes(sys.ready), v1.Document())))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sys.workers.Go(func() {
		if allClosed(ctx, sys.engine.Ready(), sys.orchestrator.Ready()) && sys.ready(ctx) == nil {
			sys.log.Info("ready to serve", "addr", public.Addr().String())
		}
	})
	var cause error
	select {
	case <-ctx.Done():
		sys.log.Info("stopping")
	case <-sys.db.Lost():
		cause = errors.New("the database was lost: another process owns it, the session ended or a commit failed; start again to recover")
	case cause = <-sys.failed:
	}
	sys.stopping.Store(true)
	err := errors.Join(cause, engine.stop())
	sys.endStreams()
	for _, s := range servers {
		err = errors.Join(err, stopHTTP(s))
	}
	return errors.Join(err, orchestrator.stop(), projections.stop())
}

// allClosed waits until all channels are closed, and reports whether they were
// before ctx ended.
func allClosed(ctx context.Context, channels ...<-chan struct{}) bool {
	for _, c := range channels {
		select {
		case <-c:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// serveHTTP serves in the background; its end is reported to failed.
func (sys *system) serveHTTP(l net.Listener, h http.Handler) *http.Server {
	s := apihttp.NewServer(context.Background(), h, sys.log)
	sys.workers.Go(func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			sys.fail(fmt.Errorf("serve on %s: %w", l.Addr(), err))
		}
	})
	return s
}

// stopHTTP lets responses in progress finish.
func stopHTTP(s *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), httpGrace)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		return s.Close()
	}
	return nil
}
