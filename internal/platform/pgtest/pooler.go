package pgtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Pooler says how a pooler between a client and the server behaves. The zero
// value is PgBouncer in session mode as it comes.
type Pooler struct {
	// Ignore drops the startup parameters that the pooler does not know, as
	// PgBouncer does with ignore_startup_parameters; otherwise it refuses them.
	Ignore bool
	// Transactions lends a session for one transaction only.
	Transactions bool
	// InTurn lends the session that has been free longest, as PgBouncer does
	// with server_round_robin; otherwise the one that has just become free.
	InTurn bool
	// Sessions are kept open beforehand.
	Sessions int
}

// Start runs the pooler before the server of a URL until t ends, and returns
// the URL that leads through it.
func (p Pooler) Start(t testing.TB, target string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Pooler: p, target: target, clients: map[net.Conn]bool{}}
	for range p.Sessions {
		s, err := r.session(nil)
		if err != nil {
			t.Fatal(err)
		}
		r.free = append(r.free, s)
	}
	r.workers.Go(func() { r.accept(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		r.end()
	})
	return with(t, target, func(u *url.URL, q url.Values) {
		u.Host = listener.Addr().String()
		q.Del("host")
		q.Set("sslmode", "disable")
	})
}

// running is a pooler that serves.
type running struct {
	Pooler
	target  string
	workers sync.WaitGroup

	mu      sync.Mutex
	clients map[net.Conn]bool
	free    []*pgconn.HijackedConn
	all     []*pgconn.HijackedConn
	number  uint32
}

func (r *running) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.clients[client] = true
		r.mu.Unlock()
		r.workers.Go(func() {
			_ = r.serve(client) // the client sees that the connection ends
			_ = client.Close()
		})
	}
}

func (r *running) end() {
	r.mu.Lock()
	for c := range r.clients {
		_ = c.Close()
	}
	for _, s := range r.all {
		_ = s.Conn.Close()
	}
	r.mu.Unlock()
	r.workers.Wait()
}

// serve answers one client.
func (r *running) serve(client net.Conn) error {
	front := pgproto3.NewBackend(client, client)
	first, err := front.ReceiveStartupMessage()
	if err != nil {
		return err
	}
	start, ok := first.(*pgproto3.StartupMessage)
	if !ok {
		return fmt.Errorf("%T is not served", first)
	}
	settings := map[string]string{}
	for name, value := range start.Parameters {
		switch {
		case slices.Contains([]string{"user", "database"}, name):
		case slices.Contains([]string{"application_name", "client_encoding"}, name):
			settings[name] = value
		case !r.Ignore:
			front.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: " + name})
			return front.Flush()
		}
	}
	if r.Transactions {
		return r.lend(client, front)
	}
	s, err := r.session(settings)
	if err != nil {
		return err
	}
	defer s.Conn.Close()
	if err := r.welcome(front); err != nil {
		return err
	}
	r.workers.Go(func() {
		_, _ = io.Copy(client, s.Conn)
		_ = client.Close()
	})
	_, err = io.Copy(s.Conn, client)
	return err
}

// session opens one on the server, without the settings of the URL.
func (r *running) session(settings map[string]string) (*pgconn.HijackedConn, error) {
	config, err := pgx.ParseConfig(r.target)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams = settings
	conn, err := pgx.ConnectConfig(context.Background(), config) // it ends with the pooler
	if err != nil {
		return nil, err
	}
	s, err := conn.PgConn().Hijack()
	if err == nil {
		r.mu.Lock()
		r.all = append(r.all, s)
		r.mu.Unlock()
	}
	return s, err
}

// welcome lets the client in under a process number of the pooler's own.
func (r *running) welcome(front *pgproto3.Backend) error {
	r.mu.Lock()
	r.number++
	number := 1<<30 + r.number // above the processes of any server
	r.mu.Unlock()
	front.Send(&pgproto3.AuthenticationOk{})
	front.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "15.0"})
	front.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	front.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	front.Send(&pgproto3.BackendKeyData{ProcessID: number, SecretKey: []byte{1, 2, 3, 4}})
	front.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	return front.Flush()
}

// lend gives each transaction of a client a session.
func (r *running) lend(client net.Conn, front *pgproto3.Backend) error {
	if err := r.welcome(front); err != nil {
		return err
	}
	var s *pgconn.HijackedConn
	for {
		kind, text, err := receive(client)
		if err != nil || kind == 'X' {
			return err
		}
		if s == nil {
			if s, err = r.borrow(); err != nil {
				return err
			}
		}
		if _, err := s.Conn.Write(text); err != nil {
			return err
		}
		for asked := kind == 'Q' || kind == 'S'; asked; {
			answer, text, err := receive(s.Conn)
			if err != nil {
				return err
			}
			if answer == 'Z' && text[len(text)-1] == 'I' {
				r.give(s)
				s = nil
			}
			if _, err := client.Write(text); err != nil {
				return err
			}
			asked = answer != 'Z'
		}
	}
}

// receive reads one message.
func receive(from io.Reader) (kind byte, text []byte, err error) {
	text = make([]byte, 5)
	if _, err := io.ReadFull(from, text); err != nil {
		return 0, nil, err
	}
	rest := make([]byte, binary.BigEndian.Uint32(text[1:])-4)
	_, err = io.ReadFull(from, rest)
	return text[0], append(text, rest...), err
}

func (r *running) borrow() (*pgconn.HijackedConn, error) {
	r.mu.Lock()
	if n := len(r.free); n > 0 {
		defer r.mu.Unlock()
		at := n - 1
		if r.InTurn {
			at = 0
		}
		s := r.free[at]
		r.free = slices.Delete(r.free, at, at+1)
		return s, nil
	}
	r.mu.Unlock()
	return r.session(nil)
}

func (r *running) give(s *pgconn.HijackedConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free = append(r.free, s)
}
