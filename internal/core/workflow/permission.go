package workflow

import "slices"

// Permission names a right that a route asks for and a key may hold.
type Permission string

// The permissions. A key holds them as scopes; Admin holds all.
const (
	// Public asks for nothing: the route answers anonymous callers.
	Public Permission = "public"
	// WorkflowRead allows to list and read workflows, their metrics and health.
	WorkflowRead Permission = "workflows:read"
	// WorkflowWrite allows to create, change and archive workflows.
	WorkflowWrite Permission = "workflows:write"
	// WorkflowRun allows to start, pause, resume and cancel.
	WorkflowRun Permission = "workflows:run"
	// ExecutionRead allows to read executions, their steps and events.
	ExecutionRead Permission = "executions:read"
	// KeyManage allows to create, list and revoke service keys.
	KeyManage Permission = "keys:manage"
	// SystemManage allows to rebuild read models and look at the process.
	SystemManage Permission = "system:manage"
	// Admin allows everything in the workspace.
	Admin Permission = "admin"
)

// Permissions lists every permission that a key may hold, Admin last.
func Permissions() []Permission {
	return []Permission{WorkflowRead, WorkflowWrite, WorkflowRun, ExecutionRead, KeyManage, SystemManage, Admin}
}

// Known reports whether p is one that a key may hold.
func (p Permission) Known() bool { return slices.Contains(Permissions(), p) }

// Caller is who asks, as a verified credential says. The workspace comes
// from the credential alone, never from the request.
type Caller struct {
	Workspace WorkspaceID  `json:"workspace"`
	Principal PrincipalID  `json:"principal"`
	Key       KeyID        `json:"key,omitempty"`
	Scopes    []Permission `json:"scopes"`
	// TraceParent is the W3C trace context of the request; events keep it.
	TraceParent string `json:"-"`
}

// Can reports whether the caller holds p. Everybody holds Public.
func (c Caller) Can(p Permission) bool {
	if p == Public {
		return true
	}
	return slices.Contains(c.Scopes, p) || slices.Contains(c.Scopes, Admin)
}

// Require returns nil when the caller holds p, otherwise a forbidden error
// with the code insufficient_scope that names what is missing.
func (c Caller) Require(p Permission) error {
	if c.Can(p) {
		return nil
	}
	return Forbidden("insufficient_scope", "this key lacks the scope %q; use a key that has it, or ask an admin for one", p)
}
