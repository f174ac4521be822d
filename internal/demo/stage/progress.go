package stage

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress shows how far a run has got: a line that is redrawn on a terminal, or a
// line for every tenth in a pipe.
type Progress struct {
	out      io.Writer
	terminal bool
	last     int64 // tenths shown in a pipe
	drawn    time.Time
	open     bool // the terminal's line is unfinished
}

// Set shows how many of all records are done.
func (p *Progress) Set(done, total int64) {
	if total <= 0 {
		return
	}
	if !p.terminal {
		if tenth := 10 * done / total; tenth > p.last {
			p.last = tenth
			fmt.Fprintf(p.out, "   %3d %%  %s of %s records\n", 100*done/total, Thousands(int(done)), Thousands(int(total)))
		}
		return
	}
	if time.Since(p.drawn) < 50*time.Millisecond && done < total {
		return
	}
	p.drawn = time.Now()
	const width = 40
	filled := int(width * done / total)
	fmt.Fprintf(p.out, "\r   [%s%s] %3d %%  %s of %s records ", strings.Repeat("█", filled), strings.Repeat("·", width-filled),
		100*done/total, Thousands(int(done)), Thousands(int(total)))
	p.open = true
}

// Interruptf prints a separate line below the bar.
func (p *Progress) Interruptf(format string, args ...any) {
	p.Finish()
	fmt.Fprintf(p.out, "   "+format+"\n", args...)
}

// Finish ends the line with the bar.
func (p *Progress) Finish() {
	if p.open {
		fmt.Fprintln(p.out)
	}
	p.open = false
}

// Thousands writes 5000 as 5,000.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
