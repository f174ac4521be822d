package layers

import (
	"strings"
	"testing"
)

// tree is the product.
func tree(t *testing.T) []pkg {
	t.Helper()
	pkgs, err := readTree("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 30 {
		t.Fatalf("only %d packages were found", len(pkgs))
	}
	return pkgs
}

func TestEveryPackageKeepsToItsRow(t *testing.T) {
	t.Parallel()
	for _, fault := range house.check(tree(t)) {
		t.Error(fault)
	}
}

func TestImportsDoNotStackHigh(t *testing.T) {
	t.Parallel()
	chain := longestChain(tree(t))
	t.Logf("%d packages: %s", len(chain), strings.Join(chain, " → "))
	if len(chain) > maxChain {
		t.Errorf("%d packages import each other in a chain, and the most is %d: let one of them take a value or a small interface instead of the package below", len(chain), maxChain)
	}
}
