// Package formula is Airtable's formula language as the simulator speaks it: the operators, and the functions
// listed in functions.go. It knows nothing of tables: fields come through a Resolver and a Row.
// It is not the expression language of our own product.
package formula

// Formula is a compiled formula. It is immutable and safe for concurrent use.
type Formula struct {
	root      node
	static    Type
	canonical string
	refs      []string
}

// Compile reads a formula. The error is ErrInvalid or an *UnknownFieldsError.
func Compile(source string, resolve Resolver) (*Formula, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	p := parser{source: source, tokens: tokens, resolve: resolve}
	root, err := p.whole()
	if err != nil {
		return nil, err
	}
	if len(p.unknown) > 0 {
		return nil, &UnknownFieldsError{Names: p.unknown}
	}
	return &Formula{root: root.node, static: root.static, canonical: p.canonical(), refs: p.refs}, nil
}

// Eval computes the value for one row.
func (f *Formula) Eval(row Row) Value { return f.root(row) }

// Static is the type that Eval yields, as far as it is known beforehand.
func (f *Formula) Static() Type { return f.static }

// Canonical is the formula's text with every field written as {fld…}.
func (f *Formula) Canonical() string { return f.canonical }

// Refs are the ids of the fields that the formula names, each once, in order of appearance.
func (f *Formula) Refs() []string { return f.refs }
