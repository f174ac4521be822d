package engine

// Map runs body for every item on a branch of its own, at most parallel at a
// time (zero or less: all at once), and returns the results in the order of
// the items. The first failure cancels the rest; Map returns it when all
// branches have ended. Bodies are ordinary code that may share variables: one
// runs at a time.
func Map[T, R any](run Run, parallel int, items []T, body func(Run, T) (R, error)) ([]R, error) {
	path := run.branch.nextPath()
	results := make([]R, len(items))
	err := run.thread.Fork(path, len(items), parallel, func(i int, t Thread) error {
		r, err := body(Run{thread: t, branch: run.branch.item(path, i)}, items[i])
		results[i] = r
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// All runs the bodies side by side, each on a branch of its own. The first
// failure cancels the rest; All returns it when all have ended.
func All(run Run, bodies ...func(Run) error) error {
	path := run.branch.nextPath()
	return run.thread.Fork(path, len(bodies), 0, func(i int, t Thread) error {
		return bodies[i](Run{thread: t, branch: run.branch.item(path, i)})
	})
}
