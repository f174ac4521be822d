package strictjson

import (
	"fmt"
	"reflect"
)

// union compiles the variants of an interface.
func (c *compiler) union(p *plan, option *unionOption) {
	p.union = &union{selector: option.selector, variants: map[string]*variant{}}
	for _, v := range option.variants {
		c.path = append(c.path, fmt.Sprintf("(%s)", v.name))
		made := &variant{name: v.name, doc: v.doc, plan: c.compile(v.goType), key: &plan{goType: v.goType}}
		switch {
		case v.goType.Kind() != reflect.Struct || made.plan.typ != structPlan:
			c.fault("%s is not a struct", v.goType)
		case v.goType.Implements(p.goType):
		case reflect.PointerTo(v.goType).Implements(p.goType):
			made.pointer = true
		default:
			c.fault("%s does not implement %s", v.goType, p.goType)
		}
		if p.union.variants[v.name] != nil || v.name == "" {
			c.fault("each variant needs a name of its own")
		}
		p.union.variants[v.name] = made
		p.union.names = append(p.union.names, v.name)
		c.path = c.path[:len(c.path)-1]
	}
	if len(option.variants) == 0 {
		c.fault("%s has no variants", p.goType)
	}
}

// selectors checks the fields of variants that are called as the selector.
func (c *compiler) selectors(p *plan) {
	if p.typ != unionPlan || p.union.selector == "" {
		return
	}
	for _, name := range p.union.names {
		v := p.union.variants[name].plan
		if i, declared := v.byName[p.union.selector]; declared && v.fields[i].plan.typ != stringPlan {
			c.fault("(%s): its field %q is the selector and not a string", name, p.union.selector)
		}
	}
}

// selected checks that something names the variant of a union that is not in a
// field.
func (c *compiler) selected(p *plan) {
	if p = innermost(p); p != nil && p.typ == unionPlan && p.union.selector == "" {
		c.fault(`nothing says which variant it is; name the selector in OneOf`)
	}
}

// chosen finds the field that names the variant of d.
func (c *compiler) chosen(d *declared) {
	p := innermost(d.plan)
	if p.typ != unionPlan {
		return
	}
	if d.selector == "" {
		if p.union.selector == "" {
			c.fault(`nothing says which variant it is; add the tag variant:"…", or name the selector in OneOf`)
		}
		return
	}
	i, ok := d.in.byName[d.selector]
	if !ok || d.in.fields[i].plan.typ != stringPlan || len(d.in.fields[i].rules.values) > 0 {
		c.fault("variant %q is not a string field beside it without an enum", d.selector)
		return
	}
	d.chooser = i
	d.in.fields[i].rules.values = p.union.names
}
