package layers

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hut is a house of two floors without a fault, and the packages in it.
func hut() (table, []pkg) {
	attic := floor{name: "attic", rule: "rest", over: []string{"cellar"}, testsOver: []string{"shed"}, rows: []row{
		{pkg: "attic/*", may: []arrow{{"cellar/wine", "thirst"}, {"./...", "own rooms"}},
			tests: []arrow{{"shed/saw", "noise"}}},
		{pkg: "attic/*/*"},
	}}
	cellar := floor{name: "cellar", rule: "dark", rows: []row{{pkg: "cellar/wine"}, {pkg: "cellar/lamp"}}}
	shed := floor{name: "shed", rule: "cold", rows: []row{
		{pkg: "shed/saw", forTests: true, may: []arrow{{"shed/plank", "it saws"}}},
		{pkg: "shed/plank", forTests: true},
	}}
	t := table{
		floors:   []floor{attic, cellar, shed},
		everyday: []arrow{{"cellar/lamp", "light"}},
		modules: []module{
			{path: "example.com/cork/screw", in: []string{"attic/*"}, why: "it opens bottles"},
			{path: "example.com/cork", in: []string{"cellar/wine"}, tests: []string{"attic/*"}, why: "corks stay below"},
		},
	}
	return t, []pkg{
		{name: "attic/bed", imports: []string{"attic/bed/sheet", "cellar/lamp", "cellar/wine", "example.com/cork/screw"},
			testImports: []string{"attic/bed", "cellar/lamp", "cellar/wine", "example.com/cork", "shed/saw"}},
		{name: "attic/bed/sheet"},
		{name: "cellar/lamp"},
		{name: "cellar/wine", imports: []string{"example.com/cork"}},
		{name: "shed/plank"},
		{name: "shed/saw", imports: []string{"shed/plank"}},
	}
}

func TestAFaultlessHouseHasNoFaults(t *testing.T) {
	t.Parallel()
	house, pkgs := hut()
	if got := house.check(pkgs); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsWrongWithTheTableIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*table, []pkg)
		want  string
	}{
		"a row without a package": {func(h *table, _ []pkg) { h.floors[1].rows = append(h.floors[1].rows, row{pkg: "cellar/coal"}) },
			"there is no package for the row of cellar/coal; remove the row"},
		"a line that only tests use": {func(_ *table, p []pkg) { p[0].imports = slices.Delete(p[0].imports, 2, 3) },
			"nothing uses the line that lets attic/* import cellar/wine; remove it"},
		"a tests' line without an import": {func(_ *table, p []pkg) { p[0].testImports = p[0].testImports[:4] },
			"nothing uses the line that lets the tests of attic/* import shed/saw; remove it"},
		"a tests' line that says what the row says": {func(h *table, _ []pkg) {
			r := &h.floors[0].rows[0]
			r.tests = append(r.tests, r.may[0])
		}, "nothing uses the line that lets the tests of attic/* import cellar/wine; remove it"},
		"an everyday tool that nothing uses": {func(h *table, _ []pkg) { h.everyday = append(h.everyday, arrow{"cellar/rope", "?"}) },
			"nothing uses the line that lets everyone import cellar/rope; remove it"},
		"two rows for a package": {func(h *table, _ []pkg) { h.floors[0].rows[1].pkg = "attic/..." },
			"attic/bed has two rows, attic/* and attic/...; keep one"},
		"a row on another floor": {func(h *table, _ []pkg) {
			h.floors[1].rows, h.floors[0].rows = h.floors[1].rows[:1], append(h.floors[0].rows, row{pkg: "cellar/lamp"})
		}, "the row of cellar/lamp stands on floor attic; move it to its own"},
		"a line that points up": {func(h *table, p []pkg) {
			h.floors[1].rows[0].may = []arrow{{"attic/bed", "sleep"}}
			p[3].imports = append(p[3].imports, "attic/bed")
		}, "the row of cellar/wine allows attic/bed, but no arrow leads from floor cellar to floor attic: dark"},
		"a line for all that only tests may draw": {func(h *table, p []pkg) {
			h.floors[0].rows[1].may = []arrow{{"shed/saw", "noise"}}
		}, "the row of attic/*/* allows shed/saw, but no arrow leads from floor attic to floor shed: rest"},
		"a line from one stranger to another": {func(h *table, p []pkg) {
			h.floors[0].strangers = true
			h.floors[0].rows[0].may = append(h.floors[0].rows[0].may, arrow{"attic/desk", "work"})
		}, "the row of attic/* allows attic/desk, but packages of floor attic are strangers: rest"},
		"a line without a reason": {func(h *table, _ []pkg) { h.floors[0].rows[0].may[0].why = "" },
			"the row of attic/* does not say why cellar/wine may be imported"},
		"a package that must do without an unknown tool": {func(h *table, _ []pkg) { h.floors[0].rows[0].without = []string{"cellar/wine"} },
			"the row of attic/* does without cellar/wine, which is not an everyday tool; remove it"},
		"a module that its home does not use": {func(_ *table, p []pkg) { p[3].imports = nil },
			"nothing uses the line that lets cellar/wine import example.com/cork; remove it"},
		"a module that no test uses": {func(_ *table, p []pkg) { p[0].testImports = slices.Delete(p[0].testImports, 3, 4) },
			"nothing uses the line that lets the tests of attic/* import example.com/cork; remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house, pkgs := hut()
			c.spoil(&house, pkgs)
			if got := house.check(pkgs); !slices.Contains(got, c.want) {
				t.Errorf("got %q\nwant %q among them", got, c.want)
			}
		})
	}
}

func TestAnUnknownPackageGetsASketchOfItsRow(t *testing.T) {
	t.Parallel()
	house, pkgs := hut()
	pkgs = append(pkgs, pkg{name: "attic/bed/sheet/hem", imports: []string{"attic/bed", "cellar/lamp", "cellar/wine", "example.com/cork"},
		testImports: []string{"attic/bed/sheet/hem", "cellar/wine", "shed/saw"}})
	_, got, _ := strings.Cut(strings.Join(house.check(pkgs), "\n"), "\n")
	want := `	{pkg: "attic/bed/sheet/hem", may: []arrow{
		{"attic/bed", ""},
		{"cellar/wine", ""},
	}, tests: []arrow{
		{"shed/saw", ""},
	}},`
	if diff := cmp.Diff(want, got[:min(len(got), len(want))]); diff != "" {
		t.Error(diff)
	}
}

func TestAModuleIsKnownByWholeElements(t *testing.T) {
	t.Parallel()
	house, pkgs := hut()
	pkgs[3].imports = append(pkgs[3].imports, "example.com/corkoak")
	got := house.check(pkgs)
	if len(got) != 1 || !strings.HasPrefix(got[0], "cellar/wine imports example.com/corkoak, which is not in the list of modules") {
		t.Errorf("got %q", got)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		family, name string
		want         bool
	}{
		{"kinds/sync", "kinds/sync", true},
		{"kinds/sync", "kinds/sync/plan", false},
		{"kinds/sync", "kinds/syncer", false},
		{"kinds/*", "kinds/sync", true},
		{"kinds/*", "kinds", false},
		{"kinds/*", "kinds/sync/plan", false},
		{"kinds/*/plan", "kinds/sync/plan", true},
		{"kinds/*/plan", "kinds/sync/rows", false},
		{"core/...", "core", true},
		{"core/...", "core/engine/local", true},
		{"core/...", "corex", false},
		{"...", "any/thing", true},
	} {
		if got := matches(c.family, c.name); got != c.want {
			t.Errorf("%s takes in %s: %t, want %t", c.family, c.name, got, c.want)
		}
	}
}

func TestOwnRoomsAreThoseOfTheImporter(t *testing.T) {
	t.Parallel()
	house, pkgs := hut()
	pkgs = append(pkgs, pkg{name: "attic/desk", imports: []string{"attic/bed/sheet"}})
	got := house.check(pkgs)
	if len(got) != 1 || !strings.HasPrefix(got[0], "attic/desk may not import attic/bed/sheet: rest. ") {
		t.Errorf("got %q", got)
	}
}

func TestAPackageDoesWithoutAnEverydayTool(t *testing.T) {
	t.Parallel()
	house, pkgs := hut()
	house.floors[0].rows[0].without = []string{"cellar/lamp"} // its tests may use it
	got := house.check(pkgs)
	if len(got) != 1 || !strings.HasPrefix(got[0], "attic/bed may not import cellar/lamp: rest. ") {
		t.Errorf("got %q", got)
	}
}

func TestLongestChain(t *testing.T) {
	t.Parallel()
	got := longestChain([]pkg{
		{name: "a", imports: []string{"c", "b"}},
		{name: "b", imports: []string{"c"}, testImports: []string{"x"}},
		{name: "c", imports: []string{"example.com/far/away"}},
		{name: "x", imports: []string{"c"}},
	})
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheTreeIsRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for file, text := range map[string]string{
		"internal/core/engine/engine.go": "package engine\nimport (\n\"fmt\"\n\"" + modulePath + "internal/platform/db\"\n)",
		"internal/core/engine/other_windows.go": "//go:build windows\n\npackage engine\nimport (\n_ \"" +
			modulePath + "internal/platform/clock\"\n_ \"" + modulePath + "internal/platform/db\"\n)",
		"internal/core/engine/engine_test.go": "package engine_test\nimport \"example.com/x/y\"",
		"cmd/tool/main.go":                    "package main\nimport e \"" + modulePath + "internal/core/engine\"",
		"internal/core/engine/testdata/a.go":  "package",
		".work/a.go":                          "package",
		"bench/peer/go.mod":                   "module example.com/peer",
		"bench/peer/main.go":                  "package main",
		"docs/page.md":                        "no code",
	} {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readTree(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []pkg{
		{name: "cmd/tool", imports: []string{"core/engine"}},
		{name: "core/engine", imports: []string{"platform/db", "platform/clock"}, testImports: []string{"example.com/x/y"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(pkg{})); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "torn.go"), []byte("pack"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readTree(root); err == nil || !strings.Contains(err.Error(), "torn.go") {
		t.Errorf("got %v", err)
	}
}
