// Command pyairtable-workflows is the server, its command line, the demo and
// the Airtable simulator in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pyairtable/pyairtable-workflows/internal/app"
)

// version is set by the build.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, app.Process(version))
	stop()
	os.Exit(code)
}
