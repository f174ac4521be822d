package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// startLimit is how long a process may take to answer.
const startLimit = 30 * time.Second

// process is a child process. It has its own process group, so that Ctrl-C reaches
// only the parent, and the kernel kills it when the parent dies, so that none is
// left behind.
type process struct {
	command string // the product's command that it runs
	cmd     *exec.Cmd
	log     *os.File
	logFrom int64         // where in the log its output begins
	done    chan struct{} // closed when it has ended
	err     error         // from Wait; read it only after done
}

// run starts binary with args; its output is appended to logPath. It
// does not get the product's environment variables: flags say everything it needs.
func run(binary, logPath, command string, args ...string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		log.Close()
		return nil, err
	}
	p := &process{command: command, logFrom: from, cmd: exec.Command(binary, append([]string{command}, args...)...), log: log, done: make(chan struct{})}
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "PAW_") })
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = ownGroup()
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", command, err)
	}
	return p, nil
}

// live starts the process and waits for it on one locked thread: the parent
// death signal is tied to the thread that started the child.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer p.log.Close()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
	}
}

// waitUntil asks until the answer is yes, the process ends or time is up.
func (p *process) waitUntil(ctx context.Context, yes func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not answer: %w", p.command, ctx.Err())
		case <-p.done:
			return &endedError{command: p.command, code: p.cmd.ProcessState.ExitCode(), words: lastWords(p.log.Name())}
		case <-tick.C:
		}
	}
	return nil
}

// listening reports whether the process has logged that it listens. A response at
// its address is no proof: another process may have taken the port first.
func (p *process) listening() bool {
	log, err := os.Open(p.log.Name())
	if err != nil {
		return false
	}
	defer log.Close()
	text, err := io.ReadAll(io.NewSectionReader(log, p.logFrom, 1<<20))
	return err == nil && bytes.Contains(text, []byte("listening on http://"))
}

// kill ends the process with SIGKILL, as abruptly as a power failure, and waits.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop sends SIGTERM and waits; after the grace period it kills.
func (p *process) stop(grace time.Duration) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
		p.kill()
		return errors.New("the process did not stop in time and was killed")
	}
	return p.err
}

// endedError means that a process ended before it answered.
type endedError struct {
	command string
	code    int    // exit code
	words   string // the last line of its log
}

func (e *endedError) Error() string {
	return fmt.Sprintf("%s ended with exit code %d before it answered: %s", e.command, e.code, e.words)
}

// The exit codes of the product's commands that matter here, as listed by `--help`.
const (
	exitFault       = 1 // a bug in the program
	exitEnvironment = 3 // a port is taken, a disk is full
	exitFormat      = 7 // a store of another build
)

// refusedItsData reports whether the process gave up for a reason that an empty
// folder may fix.
func (e *endedError) refusedItsData() bool { return e.code == exitFault || e.code == exitFormat }

// lacksSomething reports whether the process gave up for an external reason, such
// as a port in use.
func (e *endedError) lacksSomething() bool { return e.code == exitEnvironment }

// lastWords returns the last line of a log, without the word error in front.
func lastWords(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text)
	return strings.TrimPrefix(string(text[bytes.LastIndexByte(text, '\n')+1:]), "error: ")
}
