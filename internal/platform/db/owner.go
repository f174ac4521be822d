package db

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
)

// take makes this process the owner in the store's own words and returns the
// store's id, made by its first owner, and the new epoch. The lock must be held.
func take(ctx context.Context, q Querier, sql *ownSQL, now time.Time) (store string, epoch int64, err error) {
	fresh, err := uuid.NewV7()
	if err != nil {
		return "", 0, err
	}
	row := q.QueryRow(ctx, sql.takeStore, "st_"+fresh.String(), int64(Format), self(), now.UnixMicro())
	if err := row.Scan(&store, &epoch); err != nil {
		return "", 0, fmt.Errorf("record the owner: %w", err)
	}
	return store, epoch, nil
}

// errTakenOver is why a transaction of an old owner fails.
func errTakenOver(epoch int64) error {
	return fmt.Errorf("%w: another process took the store over (epoch %d is no longer the newest)", ErrLost, epoch)
}

// self describes this process for the message that a second one gets.
func self() string {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Sprintf("process %d", os.Getpid())
	}
	return fmt.Sprintf("process %d on %s", os.Getpid(), host)
}

// knownOwner reads who owns the store, or returns "" where that cannot be read.
func knownOwner(ctx context.Context, q Querier, sql *ownSQL) string {
	var owner string
	var since int64
	if err := q.QueryRow(ctx, sql.knownOwner).Scan(&owner, &since); err != nil {
		return ""
	}
	return owner + " since " + time.UnixMicro(since).UTC().Format(time.RFC3339)
}
