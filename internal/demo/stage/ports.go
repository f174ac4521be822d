package stage

import (
	"errors"
	"net"
)

// portTries is how often a process is started again because another program took
// its port first.
const portTries = 4

// startAt starts a process at the preferred addresses, or at others if they are
// taken.
func startAt(preferred []string, start func(addrs []string) error) error {
	for try := 1; ; try++ {
		addrs, err := freeAddrs(preferred)
		if err != nil {
			return err
		}
		err = start(addrs)
		var ended *endedError
		if try == portTries || !errors.As(err, &ended) || !ended.lacksSomething() {
			return err
		}
		preferred = make([]string, len(preferred))
	}
}

// freeAddrs returns the preferred addresses, with a free one in place of each that
// is in use.
func freeAddrs(preferred []string) ([]string, error) {
	free := make([]string, len(preferred))
	for i, addr := range preferred {
		l, err := net.Listen("tcp", addr)
		if addr == "" || err != nil {
			l, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			return nil, err
		}
		defer l.Close() // all are held until the last is found, so that they differ
		free[i] = l.Addr().String()
	}
	return free, nil
}
