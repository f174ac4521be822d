package airtablesync

// dependency says that the rows of table Of link to rows of table On, so that
// On is better written first.
type dependency struct{ Of, On int }

// orderTables returns the numbers 0..n-1 so that a table stands after those it
// depends on. Where that is impossible soft dependencies give way first (their
// link can be written from the other side), then the table that waits for the
// fewest others goes first. Ties keep the given order.
func orderTables(n int, hard, soft []dependency) []int {
	placed := make([]bool, n)
	order := make([]int, 0, n)
	for len(order) < n {
		next := firstTable(n, placed, func(i int) bool { return open(i, hard, placed)+open(i, soft, placed) == 0 })
		if next < 0 {
			next = firstTable(n, placed, func(i int) bool { return open(i, hard, placed) == 0 })
		}
		if next < 0 {
			next = leastBlocked(n, hard, placed)
		}
		placed[next] = true
		order = append(order, next)
	}
	return order
}

func firstTable(n int, placed []bool, ok func(int) bool) int {
	for i := range n {
		if !placed[i] && ok(i) {
			return i
		}
	}
	return -1
}

func leastBlocked(n int, hard []dependency, placed []bool) int {
	best := -1
	for i := range n {
		if !placed[i] && (best < 0 || open(i, hard, placed) < open(best, hard, placed)) {
			best = i
		}
	}
	return best
}

// open counts the dependencies of a table on others that are not placed yet.
func open(of int, all []dependency, placed []bool) int {
	count := 0
	for _, d := range all {
		if d.Of == of && d.On != of && !placed[d.On] {
			count++
		}
	}
	return count
}
