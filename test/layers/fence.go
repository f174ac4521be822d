package layers

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// table is the whole fence.
type table struct {
	floors   []floor
	everyday []arrow  // what packages of all other floors may import without a line
	modules  []module // by other authors
}

// floor is a part of the house: all packages whose names begin with the same
// element.
type floor struct {
	name      string   // first element of its packages' names
	rule      string   // applies to all of them; quoted when an arrow is refused
	over      []string // other floors that they may import
	testsOver []string // further floors that their tests may import
	strangers bool     // they may import their own rooms, but not each other
	rows      []row
}

// row says which of our packages a package, or each package of a family, may
// import.
type row struct {
	pkg      string
	rule     string   // said instead of the floor's when an arrow is refused
	forTests bool     // only tests, and packages that are for tests, may import it
	without  []string // everyday tools that it must do without; its tests may use them
	may      []arrow
	tests    []arrow // what its tests may import in addition
}

// arrow is a package, or a family, that may be imported, and why.
type arrow struct{ to, why string }

// pkg is a package of the product as the checker sees it. Our packages are named
// as in the table, others by their import path.
type pkg struct {
	name                 string
	imports, testImports []string // without the standard library
}

// check compares packages with the table and returns a sentence for every fault.
func (t table) check(pkgs []pkg) []string {
	c := checker{table: t, used: map[string]bool{}}
	c.checkTable()
	for _, p := range pkgs {
		c.checkPackage(p)
		c.checkModules(p)
	}
	c.checkUse()
	return c.faults
}

// checker collects faults and which parts of the table are used.
type checker struct {
	table
	used   map[string]bool
	faults []string
}

func (c *checker) faultf(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// checkTable finds what is wrong with the table itself.
func (c *checker) checkTable() {
	for _, f := range c.floors {
		for _, r := range f.rows {
			if element(r.pkg) != f.name {
				c.faultf("the row of %s stands on floor %s; move it to its own", r.pkg, f.name)
			}
			for _, tool := range r.without {
				if _, ok := find("", tool, c.everyday); !ok {
					c.faultf("the row of %s does without %s, which is not an everyday tool; remove it", r.pkg, tool)
				}
			}
			c.checkArrows(f, r, r.may, f.over)
			c.checkArrows(f, r, r.tests, append(slices.Clone(f.over), f.testsOver...))
		}
	}
}

func (c *checker) checkArrows(f floor, r row, arrows []arrow, over []string) {
	for _, a := range arrows {
		if a.why == "" {
			c.faultf("the row of %s does not say why %s may be imported", r.pkg, a.to)
		}
		to := element(a.to)
		if to != "." && to != ".." && to != f.name && !slices.Contains(over, to) {
			c.faultf("the row of %s allows %s, but no arrow leads from floor %s to floor %s: %s", r.pkg, a.to, f.name, to, f.rule)
		}
		if f.strangers && to == f.name {
			c.faultf("the row of %s allows %s, but packages of floor %s are strangers: %s", r.pkg, a.to, f.name, f.rule)
		}
	}
}

// checkPackage finds what a package imports against its row.
func (c *checker) checkPackage(p pkg) {
	f, r, ok := c.rowOf(p)
	if !ok {
		return
	}
	c.used[r.pkg] = true
	for _, to := range p.imports {
		switch {
		case !ours(to):
		case slices.Contains(r.without, to):
			c.refuse(f, r, p.name, to)
		case c.isEveryday(f, to):
		case !c.use(r.pkg, p.name, to, r.may):
			c.refuse(f, r, p.name, to)
		case c.isForTests(to) && !r.forTests:
			c.faultf("%s imports %s, which is for tests alone", p.name, to)
		}
	}
	for _, to := range p.testImports {
		if !ours(to) || to == p.name || c.isEveryday(f, to) {
			continue
		}
		if _, ok := find(p.name, to, r.may); !ok && !c.use(testsOf(r.pkg), p.name, to, r.tests) {
			c.refuse(f, r, testsOf(p.name), to)
		}
	}
}

func testsOf(name string) string { return "the tests of " + name }

func (c *checker) refuse(f floor, r row, from, to string) {
	rule := f.rule
	if r.rule != "" {
		rule = r.rule
	}
	c.faultf("%s may not import %s: %s. If the arrow is right nevertheless, add it to the row of %s in test/layers, with a reason", from, to, rule, r.pkg)
}

// rowOf returns the one row of a package and its floor.
func (c *checker) rowOf(p pkg) (floor, row, bool) {
	var found []row
	var on floor
	for _, f := range c.floors {
		for _, r := range f.rows {
			if matches(r.pkg, p.name) {
				found, on = append(found, r), f
			}
		}
	}
	switch len(found) {
	case 0:
		c.faultf("%s is not in the table: say on which floor it stands and what it may import, in a row in test/layers with a reason in each line:\n%s",
			p.name, c.sketch(p))
		return on, row{}, false
	case 1:
		return on, found[0], true
	}
	c.faultf("%s has two rows, %s and %s; keep one", p.name, found[0].pkg, found[1].pkg)
	return on, row{}, false
}

// sketch writes the row that a package needs at present, without reasons.
func (c *checker) sketch(p pkg) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\t{pkg: %q", p.name)
	here := floor{name: element(p.name)}
	for _, part := range []struct {
		name    string
		imports []string
	}{{"may", p.imports}, {"tests", p.testImports}} {
		lines := slices.DeleteFunc(slices.Clone(part.imports), func(to string) bool {
			return !ours(to) || to == p.name || c.isEveryday(here, to) || part.name == "tests" && slices.Contains(p.imports, to)
		})
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(&b, ", %s: []arrow{\n", part.name)
		for _, to := range lines {
			fmt.Fprintf(&b, "\t\t{%q, \"\"},\n", to)
		}
		b.WriteString("\t}")
	}
	return b.String() + "},"
}

// find returns the first of the arrows that leads from one package to another.
func find(from, to string, arrows []arrow) (arrow, bool) {
	for _, a := range arrows {
		family := a.to
		if strings.HasPrefix(family, ".") {
			family = path.Join(from, family)
		}
		if matches(family, to) {
			return a, true
		}
	}
	return arrow{}, false
}

// use finds an arrow and marks that line in the row of whom as used.
func (c *checker) use(whom, from, to string, arrows []arrow) bool {
	a, ok := find(from, to, arrows)
	if ok {
		c.used[line(whom, a.to)] = true
	}
	return ok
}

func (c *checker) isEveryday(f floor, to string) bool {
	return element(to) != f.name && c.use("everyone", "", to, c.everyday)
}

func line(whom, to string) string { return whom + " → " + to }

func (c *checker) isForTests(name string) bool {
	for _, f := range c.floors {
		for _, r := range f.rows {
			if r.forTests && matches(r.pkg, name) {
				return true
			}
		}
	}
	return false
}

// checkUse finds rows and lines that nothing uses.
func (c *checker) checkUse() {
	for _, f := range c.floors {
		for _, r := range f.rows {
			if !c.used[r.pkg] {
				c.faultf("there is no package for the row of %s; remove the row", r.pkg)
				continue
			}
			for _, a := range r.may {
				c.checkLine(r.pkg, a.to)
			}
			for _, a := range r.tests {
				c.checkLine(testsOf(r.pkg), a.to)
			}
		}
	}
	for _, a := range c.everyday {
		c.checkLine("everyone", a.to)
	}
	for _, m := range c.modules {
		for _, home := range m.in {
			c.checkLine(home, m.path)
		}
		for _, home := range m.tests {
			c.checkLine(testsOf(home), m.path)
		}
	}
}

func (c *checker) checkLine(whom, to string) {
	if !c.used[line(whom, to)] {
		c.faultf("nothing uses the line that lets %s import %s; remove it", whom, to)
	}
}

// matches reports whether a name belongs to a family, in which * stands for
// one element and a final ... for any number.
func matches(family, name string) bool {
	want, got := strings.Split(family, "/"), strings.Split(name, "/")
	for i, w := range want {
		if w == "..." {
			return true
		}
		if i >= len(got) || w != "*" && w != got[i] {
			return false
		}
	}
	return len(want) == len(got)
}

// ours reports whether a name is that of one of our packages. Those of other
// modules begin with a domain.
func ours(name string) bool { return !strings.Contains(element(name), ".") }

// element returns the first element of a name.
func element(name string) string {
	first, _, _ := strings.Cut(name, "/")
	return first
}
