package workflow

import "slices"

// Permission names a right that a route requires and a key can have.
type Permission string

// The permissions. A key has them as scopes; Admin includes all of them.
const (
	// Public requires nothing: the route is open to anonymous callers.
	Public Permission = "public"
	// WorkflowRead allows listing and reading workflows, their metrics and health.
	WorkflowRead Permission = "workflows:read"
	// WorkflowWrite allows creating, changing and archiving workflows.
	WorkflowWrite Permission = "workflows:write"
	// WorkflowRun allows starting, pausing, resuming and cancelling.
	WorkflowRun Permission = "workflows:run"
	// ExecutionRead allows reading executions, their steps, rows and events.
	ExecutionRead Permission = "executions:read"
	// KeyManage allows creating, listing and revoking service keys.
	KeyManage Permission = "keys:manage"
	// SystemManage allows rebuilding read models and inspecting the process.
	SystemManage Permission = "system:manage"
	// Admin allows everything in the workspace.
	Admin Permission = "admin"
)

// Permissions lists every permission that a key can have, Admin last.
func Permissions() []Permission {
	return []Permission{WorkflowRead, WorkflowWrite, WorkflowRun, ExecutionRead, KeyManage, SystemManage, Admin}
}

// Values lists the same, for declarations of documents.
func (Permission) Values() []Permission { return Permissions() }

// Known reports whether p is one that a key can have.
func (p Permission) Known() bool { return slices.Contains(Permissions(), p) }

// Caller is who makes a request, according to a verified credential. The
// workspace comes from the credential alone, never from the request.
type Caller struct {
	Workspace WorkspaceID  `json:"workspace"`
	Principal PrincipalID  `json:"principal"`
	Key       KeyID        `json:"key,omitempty"`
	Scopes    []Permission `json:"scopes"`
	// TraceParent is the W3C trace context of the request; events keep it.
	TraceParent string `json:"-"`
}

// Can reports whether the caller has p. Everyone has Public.
func (c Caller) Can(p Permission) bool {
	if p == Public {
		return true
	}
	return slices.Contains(c.Scopes, p) || slices.Contains(c.Scopes, Admin)
}

// Require returns nil if the caller has p, and otherwise a forbidden error with
// the code insufficient_scope that names the missing scope.
func (c Caller) Require(p Permission) error {
	if c.Can(p) {
		return nil
	}
	return Forbidden("insufficient_scope", "this key lacks the scope %q; use a key that has it, or ask an admin for one", p)
}
