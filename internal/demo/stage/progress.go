package demo

import (
	"fmt"
	"strings"
	"time"
)

// floor is the least number of calls that any program needs to fill an empty
// target from these tables: each base's schema once, pages of 100 read, the
// target's tables looked at once, batches of ten written.
func floor(tables []crmTable) int {
	calls := 2
	for _, t := range tables {
		n := len(t.Rows)
		calls += max(1, (n+99)/100) + 1 + (n+9)/10
	}
	return calls
}

// bar shows progress: one line that is drawn again on a terminal, a line for
// every tenth in a pipe.
type bar struct {
	o     Options
	last  int64 // tenths shown in a pipe
	drawn time.Time
	open  bool // the terminal's line is unfinished
}

func newBar(o Options) *bar { return &bar{o: o, last: -1} }

func (b *bar) set(done, total int64) {
	if total <= 0 {
		return
	}
	if !b.o.Terminal {
		if tenth := 10 * done / total; tenth > b.last {
			b.last = tenth
			fmt.Fprintf(b.o.Out, "   %3d %%  %s of %s records\n", 100*done/total, thousands(int(done)), thousands(int(total)))
		}
		return
	}
	if time.Since(b.drawn) < 50*time.Millisecond && done < total {
		return
	}
	b.drawn = time.Now()
	const width = 40
	filled := int(width * done / total)
	fmt.Fprintf(b.o.Out, "\r   [%s%s] %3d %%  %s of %s records ", strings.Repeat("█", filled), strings.Repeat("·", width-filled),
		100*done/total, thousands(int(done)), thousands(int(total)))
	b.open = true
}

// interrupt prints a line of its own below what is drawn.
func (b *bar) interrupt(format string, args ...any) {
	b.finish()
	fmt.Fprintf(b.o.Out, "   "+format+"\n", args...)
}

func (b *bar) finish() {
	if b.open {
		fmt.Fprintln(b.o.Out)
	}
	b.open = false
}

// thousands writes 5000 as 5,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sizes writes the tables with their sizes.
func sizes(tables []crmTable) string {
	parts := make([]string, len(tables))
	for i, t := range tables {
		parts[i] = fmt.Sprintf("%s %s", t.Name, thousands(len(t.Rows)))
	}
	return strings.Join(parts, ", ")
}
