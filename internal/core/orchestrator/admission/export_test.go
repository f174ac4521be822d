package admission

// Lanes counts the lanes in memory.
func Lanes(c *Control) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.lanes)
}
