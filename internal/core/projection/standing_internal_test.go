package projection

import (
	"errors"
	"testing"
	"testing/synctest"
)

func TestWhoComesDuringATryWaitsForTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStanding(4)
		answers := make(chan error, 2)
		wait := func() {
			go func() { answers <- s.wait(t.Context(), 5) }()
			synctest.Wait()
		}
		fault := &Fault{Position: 5, Cause: errors.New("bad")}
		wait()
		s.try()
		wait()
		s.stop(fault)
		if err := <-answers; !errors.Is(err, fault) {
			t.Errorf("the first: %v", err)
		}
		synctest.Wait()
		if len(answers) > 0 || !s.awaited() {
			t.Fatal("the second did not wait for a try of its own")
		}
		s.try()
		s.advance(5)
		if err := <-answers; err != nil || s.awaited() {
			t.Errorf("the second: %v", err)
		}
		if applied, fault := s.look(); applied != 5 || fault != nil {
			t.Errorf("at %d, %v", applied, fault)
		}
	})
}
