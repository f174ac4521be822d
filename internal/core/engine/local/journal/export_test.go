package journal

// Types is one more than the last type of a record.
const Types = types
