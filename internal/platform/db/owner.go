package db

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"time"
)

var (
	//go:embed sql/take.sql
	takeSQL string
	//go:embed sql/epoch.sql
	epochSQL string
	//go:embed sql/owner.sql
	ownerSQL string
)

// take makes this process the owner in the store's own words and returns the
// new epoch. The lock must be held.
func take(ctx context.Context, q Querier, now time.Time) (int64, error) {
	var epoch int64
	if err := q.QueryRow(ctx, takeSQL, self(), now.UnixMicro()).Scan(&epoch); err != nil {
		return 0, fmt.Errorf("record the owner: %w", err)
	}
	return epoch, nil
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
func knownOwner(ctx context.Context, q Querier) string {
	var owner string
	var since int64
	if err := q.QueryRow(ctx, ownerSQL).Scan(&owner, &since); err != nil {
		return ""
	}
	return owner + " since " + time.UnixMicro(since).UTC().Format(time.RFC3339)
}
