package testdata

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

func effects(run engine.Run, n int) (int, error) {
	fmt.Println(n)                        // want "fmt.Println is I/O"
	slog.Info("began")                    // want "slog.Info is a log line"
	_, _ = http.Get("http://example.org") // want "http.Get is I/O: put it into a step"
	return len(os.Getenv("HOME")), nil    // want "os.Getenv is I/O"
}
