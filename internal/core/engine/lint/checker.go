package lint

import (
	"fmt"
	"go/ast"
	"go/token"
)

// checker finds the workflow functions of one file and what is wrong in them.
type checker struct {
	fset     *token.FileSet
	imports  imports
	engine   string // the name under which the file imports the engine
	ignored  map[int]bool
	problems []Problem
}

func (c *checker) report(at ast.Node, format string, args ...any) {
	pos := c.fset.Position(at.Pos())
	if !c.ignored[pos.Line] {
		c.problems = append(c.problems, Problem{Pos: pos, Message: fmt.Sprintf(format, args...)})
	}
}

// find checks the outermost workflow functions; those inside are checked with
// them.
func (c *checker) find(n ast.Node) bool {
	switch f := n.(type) {
	case *ast.FuncDecl:
		if run := c.runOf(f.Type); run != "" && f.Body != nil {
			c.function(f.Type, f.Body, run, nil)
			return false
		}
	case *ast.FuncLit:
		if run := c.runOf(f.Type); run != "" {
			c.function(f.Type, f.Body, run, nil)
			return false
		}
	}
	return true
}

// runOf returns the name of the first parameter if it is an engine.Run; "_" if
// it has none.
func (c *checker) runOf(t *ast.FuncType) string {
	if t.Params == nil || len(t.Params.List) == 0 {
		return ""
	}
	first := t.Params.List[0]
	s, ok := first.Type.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Run" {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); !ok || x.Name != c.engine {
		return ""
	}
	if len(first.Names) == 0 {
		return "_"
	}
	return first.Names[0].Name
}

// function checks one workflow function. outer are the Runs of the functions
// around it, which its branch must not use.
func (c *checker) function(t *ast.FuncType, body *ast.BlockStmt, run string, outer []string) {
	b := &branch{c: c, run: run, outer: without(outer, run), maps: map[string]bool{}}
	b.params(t)
	ast.Inspect(body, b.visit)
}

func without(names []string, name string) []string {
	var rest []string
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

// branch is one workflow function under check.
type branch struct {
	c     *checker
	run   string
	outer []string
	maps  map[string]bool // local names that are maps
}

func (b *branch) params(t *ast.FuncType) {
	for _, f := range t.Params.List {
		if _, ok := f.Type.(*ast.MapType); ok {
			for _, n := range f.Names {
				b.maps[n.Name] = true
			}
		}
	}
}

// visit checks one node.
func (b *branch) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		if run := b.c.runOf(n.Type); run != "" {
			b.c.function(n.Type, n.Body, run, append(append([]string{}, b.outer...), b.run))
			return false
		}
	case *ast.GoStmt:
		b.c.report(n, "a go statement: use engine.All or engine.Map, whose branches replay")
	case *ast.SelectStmt:
		b.c.report(n, "a select: wait for signals with Signal.Wait or engine.Select")
		return false
	case *ast.SendStmt:
		b.c.report(n, "a channel: branches may share variables, one runs at a time")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			b.c.report(n, "a channel: branches may share variables, one runs at a time")
		}
	case *ast.ChanType:
		b.c.report(n, "a channel: branches may share variables, one runs at a time")
		return false
	case *ast.ExprStmt:
		b.statement(n)
	case *ast.DeferStmt:
		if mentions(n.Call, b.run) {
			b.c.report(n, "an effect in a defer: defers run at every parking; use WithSaga, or Detached after the call that may fail")
		}
	case *ast.AssignStmt:
		b.assign(n)
	case *ast.ValueSpec:
		b.declare(n)
	case *ast.RangeStmt:
		b.ranges(n)
	case *ast.CallExpr:
		b.call(n)
	case *ast.SelectorExpr:
		b.selector(n)
	case *ast.Ident:
		b.ident(n)
	}
	return true
}

// ident finds the Run of another branch.
func (b *branch) ident(n *ast.Ident) {
	for _, o := range b.outer {
		if n.Name == o && o != "_" {
			b.c.report(n, "the Run %s of the branch outside: use %s, the one that this body was given", o, orUnnamed(b.run))
		}
	}
}

func orUnnamed(name string) string {
	if name == "_" {
		return "its own"
	}
	return name
}

// assign finds Runs that leave their branch, and learns which names are maps.
func (b *branch) assign(n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		if i >= len(n.Rhs) {
			break
		}
		if id, ok := left.(*ast.Ident); ok && isMap(n.Rhs[i]) {
			b.maps[id.Name] = true
		}
		if id, ok := n.Rhs[i].(*ast.Ident); ok && id.Name == b.run {
			switch left.(type) {
			case *ast.SelectorExpr, *ast.IndexExpr:
				b.c.report(n, "the Run %s is stored: it must not leave its branch", b.run)
			}
		}
	}
}

func (b *branch) declare(n *ast.ValueSpec) {
	_, typed := n.Type.(*ast.MapType)
	for i, name := range n.Names {
		if typed || i < len(n.Values) && isMap(n.Values[i]) {
			b.maps[name.Name] = true
		}
	}
}

// isMap reports whether an expression is plainly a map.
func isMap(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		_, ok := e.Type.(*ast.MapType)
		return ok
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.Ident); ok && f.Name == "make" && len(e.Args) > 0 {
			_, ok := e.Args[0].(*ast.MapType)
			return ok
		}
	}
	return false
}

// ranges finds durable calls in the order of a map.
func (b *branch) ranges(n *ast.RangeStmt) {
	unordered := isMap(n.X)
	switch x := n.X.(type) {
	case *ast.Ident:
		unordered = b.maps[x.Name]
	case *ast.CallExpr:
		if s, ok := x.Fun.(*ast.SelectorExpr); ok {
			if p, ok := s.X.(*ast.Ident); ok && b.c.imports[p.Name] == "maps" {
				unordered = true
			}
		}
	}
	if unordered && mentions(n.Body, b.run) {
		b.c.report(n, "durable calls in the order of a map, which differs each time: sort the keys first")
	}
}

// mentions reports whether a name is used in a node.
func mentions(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name && name != "_" {
			found = true
		}
		return !found
	})
	return found
}
