package lint

import (
	"go/ast"
	"strings"
)

// forbidden are packages of which a workflow function may use nothing, with
// what to do instead.
var forbidden = map[string]string{
	"math/rand":                  "dice: use run.Random, which draws the same again",
	"math/rand/v2":               "dice: use run.Random, which draws the same again",
	"crypto/rand":                "dice: use run.Random, or a step if it must be a secret",
	"github.com/google/uuid":     "dice: use run.UUID, which is the same again",
	"os":                         "I/O: put it into a step",
	"os/exec":                    "I/O: put it into a step",
	"os/signal":                  "I/O: put it into a step",
	"syscall":                    "I/O: put it into a step",
	"io/ioutil":                  "I/O: put it into a step",
	"database/sql":               "I/O: put it into a step",
	"log":                        "a log line: it is written again at every replay; log in a step or use run.Progress",
	"log/slog":                   "a log line: it is written again at every replay; log in a step or use run.Progress",
	"sync":                       "a lock: branches run one at a time and need none",
	"sync/atomic":                "a lock: branches run one at a time and need none",
	"golang.org/x/sync/errgroup": "a goroutine: use engine.All or engine.Map, whose branches replay",
}

// clockCalls are the functions of package time that look at a clock.
var clockCalls = map[string]string{
	"Now":       "a clock: use run.Now, which is the same again",
	"Since":     "a clock: use run.Now().Sub",
	"Until":     "a clock: use Sub with run.Now",
	"Sleep":     "a sleep that does not survive: use run.Sleep",
	"After":     "a timer that does not survive: use run.Sleep or Signal.Wait",
	"AfterFunc": "a timer that does not survive: use run.Sleep",
	"NewTimer":  "a timer that does not survive: use run.Sleep",
	"NewTicker": "a timer that does not survive: use run.Sleep in a loop",
	"Tick":      "a timer that does not survive: use run.Sleep in a loop",
}

// selector checks uses of packages.
func (b *branch) selector(n *ast.SelectorExpr) {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return
	}
	path, ok := b.c.imports[x.Name]
	if !ok {
		return
	}
	name := n.Sel.Name
	switch why := forbidden[path]; {
	case why != "":
		b.c.report(n, "%s.%s is %s", x.Name, name, why)
	case path == "net" || strings.HasPrefix(path, "net/") && path != "net/url":
		b.c.report(n, "%s.%s is I/O: put it into a step", x.Name, name)
	case path == "time" && clockCalls[name] != "":
		b.c.report(n, "%s.%s is %s", x.Name, name, clockCalls[name])
	case path == "fmt" && (strings.HasPrefix(name, "Print") || strings.HasPrefix(name, "Scan") || strings.HasPrefix(name, "Fprint")):
		b.c.report(n, "%s.%s is I/O: put it into a step", x.Name, name)
	case path == "context" && (name == "Background" || name == "TODO"):
		b.c.report(n, "%s.%s: a workflow function has no context; call a step", x.Name, name)
	}
}

// call checks calls of built-in functions and of the engine's.
func (b *branch) call(n *ast.CallExpr) {
	switch b.engineCall(n) {
	case "Await":
		b.condition(n)
	case "WithSaga":
		b.saga(n)
	}
	f, ok := n.Fun.(*ast.Ident)
	if !ok {
		return
	}
	switch f.Name {
	case "recover":
		b.c.report(n, "a recover: the engine parks a panic, and a fixed build goes on")
	case "close":
		b.c.report(n, "a channel: branches may share variables, one runs at a time")
	}
}

// engineCall returns the name of the function of package engine that a node
// calls, or "".
func (b *branch) engineCall(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return ""
	}
	f := call.Fun
	if index, ok := f.(*ast.IndexExpr); ok { // with its type
		f = index.X
	}
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); !ok || x.Name != b.c.engine {
		return ""
	}
	return s.Sel.Name
}

// condition checks what Await waits for: it is asked outside of the branch's code.
func (b *branch) condition(n *ast.CallExpr) {
	if len(n.Args) < 2 {
		return
	}
	for _, run := range append([]string{b.run}, b.outer...) {
		if _, ok := n.Args[1].(*ast.FuncLit); ok && mentions(n.Args[1], run) {
			b.c.report(n.Args[1], "the Run %s in the condition of an Await: a condition only looks at variables that other branches change", run)
		}
	}
}

// saga finds a saga that continues as new before it is over.
func (b *branch) saga(n *ast.CallExpr) {
	for _, arg := range n.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			if n != nil && b.engineCall(n) == "ContinueAsNew" {
				b.c.report(n, "ContinueAsNew inside an open saga: return from the saga first")
			}
			return true
		})
	}
}

// statement finds a ContinueAsNew that comes to nothing.
func (b *branch) statement(n *ast.ExprStmt) {
	if b.engineCall(n.X) == "ContinueAsNew" {
		b.c.report(n, "a ContinueAsNew that is not returned does nothing: return it")
	}
}
