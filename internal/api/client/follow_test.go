package client

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func event(w http.ResponseWriter, position int) {
	fmt.Fprintf(w, "id: %d\nevent: execution.step_completed\ndata: {\"position\":%d,\"type\":\"execution.step_completed\"}\n\n", position, position)
}

// A stream that breaks goes on after the last event: nothing twice, nothing
// missing, whatever the server repeats.
func TestFollowSurvivesBreaks(t *testing.T) {
	var asked []string
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Last-Event-ID"))
		switch len(asked) {
		case 1: // cut in the middle of a message
			fmt.Fprint(w, ": open\n\n")
			event(w, 11)
			event(w, 12)
			fmt.Fprint(w, "event: progress\ndata: {\"done\":5,\"total\":10}\n\nid: 13\nevent: x\nda")
		case 2:
			http.Error(w, "restarting", http.StatusServiceUnavailable)
		case 3: // the connection dies without an answer
			panic(http.ErrAbortHandler)
		default:
			event(w, 12) // repeated
			event(w, 14)
			fmt.Fprint(w, "event: end\ndata: {}\n\n")
		}
	})
	var seen []string
	err := c.Follow(t.Context(), "ex_1", 10, func(f Frame) error {
		if f.Event != nil {
			seen = append(seen, fmt.Sprint(f.Event.Position))
		} else {
			seen = append(seen, fmt.Sprintf("%d of %d", f.Progress.Done, f.Progress.Total))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"11", "12", "5 of 10", "14"}, seen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"10", "12", "12", "12"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestFollowGivesUp(t *testing.T) {
	t.Run("at once where asking again is of no use", func(t *testing.T) {
		calls := 0
		c := server(t, func(w http.ResponseWriter, r *http.Request) { calls++; http.Error(w, "no", http.StatusNotFound) })
		var answered *Error
		if err := c.Follow(t.Context(), "ex_1", 0, nil); !errors.As(err, &answered) || answered.Status != 404 || calls != 1 {
			t.Errorf("error is %v after %d calls", err, calls)
		}
	})
	t.Run("after its patience where nobody answers", func(t *testing.T) {
		c := New("http://127.0.0.1:1", "t")
		c.pause, c.maxPause, c.patience = time.Millisecond, time.Millisecond, 10*time.Millisecond
		var down *UnreachableError
		if err := c.Follow(t.Context(), "ex_1", 0, nil); !errors.As(err, &down) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("with the error of its reader", func(t *testing.T) {
		c := server(t, func(w http.ResponseWriter, r *http.Request) { event(w, 1) })
		enough := errors.New("enough")
		if err := c.Follow(t.Context(), "ex_1", 0, func(Frame) error { return enough }); !errors.Is(err, enough) {
			t.Errorf("error is %v", err)
		}
	})
}
