package workflow

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/google/uuid"
)

// ID names a workflow: "wf_" and a UUIDv7. Ids are opaque to callers.
type ID string

// ExecutionID names one execution of a workflow: "ex_" and a UUIDv7.
type ExecutionID string

// ExecutionKey names an execution of a workspace.
type ExecutionKey struct {
	Workspace WorkspaceID
	Execution ExecutionID
}

// KeyOf names an execution by what the engine and the store call it.
func KeyOf(workspace, execution string) ExecutionKey {
	return ExecutionKey{Workspace: WorkspaceID(workspace), Execution: ExecutionID(execution)}
}

// WorkspaceID names a workspace, the tenant of everything else: "ws_" and a UUIDv7.
type WorkspaceID string

// PrincipalID names a person or a service account: "pr_" and a UUIDv7.
type PrincipalID string

// KeyID names a service key: "key_" and a UUIDv7.
type KeyID string

const (
	workflowPrefix  = "wf_"
	executionPrefix = "ex_"
	workspacePrefix = "ws_"
	principalPrefix = "pr_"
	keyPrefix       = "key_"
)

// NewID returns a fresh workflow id; later ids sort after earlier ones.
func NewID() ID { return ID(fresh(workflowPrefix)) }

// NewExecutionID returns a fresh execution id; later ids sort after earlier ones.
func NewExecutionID() ExecutionID { return ExecutionID(fresh(executionPrefix)) }

// DerivedExecutionID returns the execution id (a UUIDv8) that seed always leads
// to. Different seeds lead to different ids.
func DerivedExecutionID(seed string) ExecutionID {
	return derived(sha256.Sum256([]byte(seed)), 8)
}

// DerivedExecutionIDAt returns the execution id (a UUIDv7) that seed and at, to
// the millisecond, always lead to. It sorts by at, like the ids of
// NewExecutionID.
func DerivedExecutionIDAt(seed string, at time.Time) ExecutionID {
	sum, ms := sha256.Sum256([]byte(seed)), at.UnixMilli()
	for i := range 6 {
		sum[i] = byte(ms >> (40 - 8*i))
	}
	return derived(sum, 7)
}

// derived makes an id of a hash's first half.
func derived(sum [sha256.Size]byte, version byte) ExecutionID {
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return ExecutionID(executionPrefix + id.String())
}

// NewWorkspaceID returns a fresh workspace id.
func NewWorkspaceID() WorkspaceID { return WorkspaceID(fresh(workspacePrefix)) }

// NewPrincipalID returns a fresh principal id.
func NewPrincipalID() PrincipalID { return PrincipalID(fresh(principalPrefix)) }

// NewKeyID returns a fresh key id.
func NewKeyID() KeyID { return KeyID(fresh(keyPrefix)) }

// Valid reports whether id has the shape of a workflow id.
func (id ID) Valid() bool { return wellFormed(string(id), workflowPrefix) }

// Valid reports whether id has the shape of an execution id.
func (id ExecutionID) Valid() bool { return wellFormed(string(id), executionPrefix) }

// Valid reports whether id has the shape of a key id.
func (id KeyID) Valid() bool { return wellFormed(string(id), keyPrefix) }

// fresh joins prefix and a UUIDv7. The generator fails only when the
// machine has no randomness left, which nothing here could survive.
func fresh(prefix string) string {
	return prefix + uuid.Must(uuid.NewV7()).String()
}

func wellFormed(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok || len(rest) != 36 {
		return false
	}
	_, err := uuid.Parse(rest)
	return err == nil
}
