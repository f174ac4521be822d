package layers

// maxChain is how many packages a chain of imports may have, including both ends:
// about as many as one can remember.
const maxChain = 9

// longestChain returns the longest chain of packages of which each imports the
// next, leaving out tests.
func longestChain(pkgs []pkg) []string {
	imports := map[string][]string{}
	for _, p := range pkgs {
		imports[p.name] = p.imports
	}
	below := map[string][]string{} // the longest chain from each package seen so far
	var walk func(string) []string
	walk = func(name string) []string {
		if chain, seen := below[name]; seen {
			return chain
		}
		var longest []string
		for _, to := range imports[name] {
			if chain := walk(to); ours(to) && len(chain) > len(longest) {
				longest = chain
			}
		}
		below[name] = append([]string{name}, longest...)
		return below[name]
	}
	var longest []string
	for _, p := range pkgs {
		if chain := walk(p.name); len(chain) > len(longest) {
			longest = chain
		}
	}
	return longest
}
