package stage

import (
	"errors"
	"net"
	"strings"
	"testing"
)

func TestAnAddressInUseIsReplaced(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	used := taken.Addr().String()
	got, err := freeAddrs([]string{used, "", ""})
	if err != nil || got[0] == used || got[0] == got[1] || got[1] == got[2] {
		t.Errorf("in use: %v, %v", got, err)
	}
	for _, addr := range got {
		if !strings.HasPrefix(addr, "127.0.0.1:") {
			t.Errorf("%s can be reached from elsewhere", addr)
		}
	}
	taken.Close()
	if got, err := freeAddrs([]string{used}); err != nil || got[0] != used {
		t.Errorf("free: %v instead of %s, %v", got, used, err)
	}
}

func TestASecondTryTakesOtherPorts(t *testing.T) {
	t.Parallel()
	wish, err := freeAddrs([]string{""})
	if err != nil {
		t.Fatal(err)
	}
	var tried []string
	err = startAt(wish, func(addrs []string) error {
		tried = append(tried, addrs[0])
		if len(tried) == 1 {
			return &endedError{code: exitEnvironment}
		}
		return nil
	})
	if err != nil || len(tried) != 2 || tried[0] != wish[0] || tried[1] == wish[0] {
		t.Errorf("wished for %s, tried %v, %v", wish, tried, err)
	}
}

func TestAProcessIsStartedAgainWhereItsPortIsTaken(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		fail  []error // of each try; then nil
		tries int
		want  error
	}{
		"free":           {nil, 1, nil},
		"taken once":     {[]error{&endedError{code: exitEnvironment}}, 2, nil},
		"broken":         {[]error{broken}, 1, broken},
		"refuses":        {[]error{&endedError{code: exitFormat}}, 1, &endedError{}},
		"taken for ever": {[]error{&endedError{code: 3}, &endedError{code: 3}, &endedError{code: 3}, &endedError{code: 3}, broken}, 4, &endedError{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			err := startAt([]string{""}, func([]string) error {
				tries++
				if tries > len(c.fail) {
					return nil
				}
				return c.fail[tries-1]
			})
			var ended *endedError
			if tries != c.tries || (err == nil) != (c.want == nil) || errors.Is(err, broken) != (c.want == broken) ||
				errors.As(err, &ended) != (err != nil && c.want != broken) {
				t.Errorf("%d tries, %v", tries, err)
			}
		})
	}
}
