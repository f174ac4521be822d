package kind

import (
	"context"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
)

// CodeNotAReference is what a step fails with that finds a credential, or its
// mask, where a configuration should hold a reference.
const CodeNotAReference = "not_a_reference"

// Secrets turns a reference that stands in a configuration (secret:sec_…) into
// the credential.
type Secrets interface {
	Resolve(ctx context.Context, workspace, ref string) (string, error)
}

// Reveal returns, within a step, the credential behind a reference of a
// configuration. It must not leave the step, and the engine hides it in whatever
// the step leaves behind. Anything but a reference fails closed.
func Reveal(ctx context.Context, secrets Secrets, s secret.Secret) (secret.Secret, error) {
	ref, ok := s.Reference()
	if !ok {
		return "", failure.New(failure.Validation, CodeNotAReference,
			"the configuration has no reference to a stored secret where a credential is needed; save the workflow again with the credential, then start a new execution")
	}
	plain, err := secrets.Resolve(ctx, engine.InStep(ctx).Workspace, ref)
	if err != nil {
		return "", fmt.Errorf("the credential %s: %w", ref, err)
	}
	engine.Hide(ctx, secret.Secret(plain))
	return secret.Secret(plain), nil
}
