package definition

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Cache keeps the workflows that are in use in memory. Only this
// process writes to the store, so what it keeps is what stands there.
type Cache struct {
	store eventstore.Store
	most  int

	mu   sync.Mutex
	held map[key]*Definition
}

type key struct {
	workspace workflow.WorkspaceID
	id        workflow.ID
}

// maxHeld bounds the definitions in memory that nobody is using.
const maxHeld = 5_000

// NewCache returns an empty cache of what store has.
func NewCache(store eventstore.Store) *Cache {
	return &Cache{store: store, most: maxHeld, held: map[key]*Definition{}}
}

// Read calls use with a workflow that does not change meanwhile. It fails with a
// not-found error, the same for what another workspace has.
func (c *Cache) Read(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, use func(*Definition) error) error {
	return c.with(ctx, ws, id, func(d *Definition) error {
		d.mu.RLock()
		defer d.mu.RUnlock()
		return use(d)
	})
}

// Change calls use with a workflow that nobody else holds, and which it may
// record something of. It fails as Read does.
func (c *Cache) Change(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, use func(*Definition) error) error {
	return c.with(ctx, ws, id, func(d *Definition) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		return use(d)
	})
}

func (c *Cache) with(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID, use func(*Definition) error) error {
	d := c.take(ws, id)
	defer c.release(d)
	if err := c.load(ctx, d); err != nil {
		return err
	}
	return use(d)
}

// Create calls use with a workflow that does not exist yet.
func (c *Cache) Create(ws workflow.WorkspaceID, id workflow.ID, use func(*Definition) error) error {
	d := c.take(ws, id)
	defer c.release(d)
	d.mu.Lock()
	defer d.mu.Unlock()
	return use(d)
}

// Record appends one event to the stream of d, which the caller holds for
// writing, together with some writes, and folds it.
func (c *Cache) Record(ctx context.Context, d *Definition, m eventstore.Meta, event string, data any, inline []db.Write) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	done, err := c.store.Append(ctx, eventstore.Batch{Inline: inline, Streams: []eventstore.StreamAppend{{
		Stream: d.streamID(), Expected: d.stream,
		Events: []eventstore.NewEvent{{Type: event, Schema: 1, Data: raw, Meta: m}},
	}}})
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", event, d.ID, err)
	}
	return d.apply(&done.Events[0])
}

func (c *Cache) take(ws workflow.WorkspaceID, id workflow.ID) *Definition {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := key{ws, id}
	d := c.held[k]
	if d == nil {
		d = &Definition{Workspace: ws, ID: id}
		c.held[k] = d
	}
	d.holders++
	return d
}

// release forgets what does not exist, and something that nobody uses when
// there is too much.
func (c *Cache) release(d *Definition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.holders--
	if d.holders == 0 && d.stream == 0 {
		delete(c.held, key{d.Workspace, d.ID})
	}
	for k, other := range c.held {
		if len(c.held) <= c.most {
			return
		}
		if other.holders == 0 {
			delete(c.held, k)
		}
	}
}

// load reads the stream once.
func (c *Cache) load(ctx context.Context, d *Definition) error {
	d.mu.RLock()
	known := d.stream > 0
	d.mu.RUnlock()
	if known {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stream > 0 {
		return nil
	}
	err := eachEvent(ctx, c.store, d.streamID(), d.apply)
	if err == nil && d.stream == 0 {
		err = workflow.NoWorkflow(d.ID)
	}
	return err
}
