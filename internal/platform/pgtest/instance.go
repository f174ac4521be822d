package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// keeper runs the server and waits for the end of its standard input, which the
// test process holds open as long as it lives. So the server stops and its files
// are removed even if that process is killed.
const keeper = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
	-c max_connections=300 -c shared_buffers=64MB >"$2/log" 2>&1 &
pid=$!
read -r _
kill -QUIT $pid
wait $pid
rm -rf "$2"
`

// start creates a cluster in a temporary directory and runs a server on it. If
// root runs the tests, the server runs as another user, because PostgreSQL
// refuses root.
func start() (*instance, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := runAs()
	if err != nil {
		return nil, err
	}
	dir, err := directory(who)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres",
		"-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	initdb.SysProcAttr, initdb.Dir = who, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	end, err := keep(bin, dir, who)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	srv := &instance{url: "postgres://postgres@/postgres?" + url.Values{"host": {dir}}.Encode(), end: end}
	if err := await(srv.url, filepath.Join(dir, "log")); err != nil {
		return nil, errors.Join(err, end.Close())
	}
	return srv, nil
}

// binaries finds the folder with the server's programs.
func binaries() (string, error) {
	var candidates []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		candidates = append(candidates, string(out[:len(out)-1]))
	}
	packaged, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	candidates = append(candidates, packaged...)
	if path, err := exec.LookPath("postgres"); err == nil {
		candidates = append(candidates, filepath.Dir(path))
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no PostgreSQL server on this machine (no postgres in pg_config --bindir, /usr/lib/postgresql/*/bin or PATH); run scripts/postgres.sh install")
}

// runAs returns the attributes that make a child process run as an ordinary user,
// or nil if this process already does.
func runAs() (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root and there is no user postgres or nobody")
}

// directory creates the instance's folder. Its path is short, because the name of
// a Unix socket is limited to about 100 bytes.
func directory(who *syscall.SysProcAttr) (string, error) {
	parent := os.TempDir()
	if len(parent) > 60 {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, "pgtest")
	if err != nil || who == nil {
		return dir, err
	}
	return dir, os.Chown(dir, int(who.Credential.Uid), int(who.Credential.Gid))
}

// keep starts the keeper. The server stops when the result is closed.
func keep(bin, dir string, who *syscall.SysProcAttr) (io.Closer, error) {
	cmd := exec.Command("sh", "-c", keeper, "sh", bin, dir)
	cmd.SysProcAttr, cmd.Dir = who, dir
	end, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return end, cmd.Start()
}

// await returns once the server answers.
func await(target, log string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, target)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			text, _ := os.ReadFile(log) // without it, the error below still says enough
			return fmt.Errorf("the PostgreSQL server for tests does not answer: %w: %s", err, text)
		}
	}
}
