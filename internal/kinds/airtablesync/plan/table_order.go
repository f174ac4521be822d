package plan

// dependency says that rows of table Of link to rows of table On, so that On is
// better written first.
type dependency struct{ Of, On int }

// orderTables returns the numbers 0 to n-1 in an order in which a table comes
// after those that it depends on. Where that is impossible, soft dependencies
// give way (their link can be written from the other side), and of the tables
// that still wait, the one that waits for the fewest goes first. Ties keep the
// given order.
func orderTables(n int, hard, soft []dependency) []int {
	placed := make([]bool, n)
	order := make([]int, 0, n)
	for len(order) < n {
		next := firstFree(hard, soft, placed)
		if next < 0 {
			next = leastBlocked(hard, placed)
		}
		placed[next] = true
		order = append(order, next)
	}
	return order
}

// firstFree returns the first table that waits for no other, or -1.
func firstFree(hard, soft []dependency, placed []bool) int {
	for i := range placed {
		if !placed[i] && blockers(i, hard, placed)+blockers(i, soft, placed) == 0 {
			return i
		}
	}
	return -1
}

// leastBlocked returns the first of the tables with the fewest hard blockers.
func leastBlocked(hard []dependency, placed []bool) int {
	best := -1
	for i := range placed {
		if !placed[i] && (best < 0 || blockers(i, hard, placed) < blockers(best, hard, placed)) {
			best = i
		}
	}
	return best
}

// blockers counts the dependencies of a table on others that are not placed yet.
func blockers(of int, all []dependency, placed []bool) int {
	count := 0
	for _, d := range all {
		if d.Of == of && d.On != of && !placed[d.On] {
			count++
		}
	}
	return count
}
