package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Airtable is what a sync needs of the Airtable client. Its errors are
// classified (*failure.Error), and it does not retry.
type Airtable interface {
	Schema(ctx context.Context, tok airtable.Token, base airtable.BaseID) (*airtable.Base, error)
	CreateTable(ctx context.Context, tok airtable.Token, base airtable.BaseID, t airtable.NewTable) (*airtable.Table, error)
	CreateField(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, f airtable.NewField) (*airtable.Field, error)
	UpdateField(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, field airtable.FieldID, p airtable.FieldPatch) (*airtable.Field, error)
	List(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, p airtable.ListParams) (*airtable.Page, error)
	Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error)
	Delete(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, ids []airtable.RecordID) (*airtable.DeleteResult, error)
}
