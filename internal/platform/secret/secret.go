// Package secret keeps credentials encrypted in the database: a data key per
// workspace, wrapped by a master key that never lies in the database. It is
// not a vault for other programs and nothing here returns a secret to a face.
package secret

// Secret is text that must not be seen: it prints, marshals and logs as ***.
// Convert it to a string only where it is sent to the system that it is for.
type Secret string
