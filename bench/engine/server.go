package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// measureServer prints how soon the server answers after a start and after
// SIGKILL, and how much memory it uses when idle.
func measureServer(ctx context.Context, s settings) error {
	if s.binary == "" {
		return nil
	}
	dir, err := os.MkdirTemp(s.dir, "server-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var ready []float64
	var resident int
	for range s.rounds + 1 { // the first start creates the store
		took, rss, err := startAndKill(ctx, s.binary, dir)
		if err != nil {
			return err
		}
		ready, resident = append(ready, took.Seconds()), rss
	}
	fmt.Printf("server ready: %.2f s on an empty folder, %.2f s after SIGKILL (median of %d); %d MiB resident when idle\n",
		ready[0], median(ready[1:]), s.rounds, resident)
	return nil
}

func startAndKill(ctx context.Context, binary, dir string) (time.Duration, int, error) {
	addr, err := freeAddr()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, binary, "serve", "--data-dir", filepath.Join(dir, "data"), "--http-addr", addr, "--http-admin-addr", "off")
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for !responds(ctx, "http://"+addr+"/readyz") {
		if time.Since(begin) > 30*time.Second {
			return 0, 0, fmt.Errorf("the server did not become ready; run %s", strings.Join(cmd.Args, " "))
		}
		time.Sleep(2 * time.Millisecond)
	}
	took := time.Since(begin)
	time.Sleep(time.Second) // idle
	rss, err := residentMiB(cmd.Process.Pid)
	return took, rss, err
}

func responds(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func residentMiB(pid int) (int, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no VmRSS", pid)
}
