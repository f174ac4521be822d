package app

import (
	"context"
	"testing"
	"testing/synctest"
)

// Ready is what every part is, in whatever order they become it.
func TestAllClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := make(chan struct{}), make(chan struct{})
		said := make(chan bool, 1)
		go func() { said <- allClosed(t.Context(), first, second) }()
		close(second)
		synctest.Wait()
		if len(said) > 0 {
			t.Fatal("half of it is called all of it")
		}
		close(first)
		if !<-said {
			t.Error("all were closed")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if allClosed(ctx, make(chan struct{})) {
			t.Error("one was never closed")
		}
	})
}
