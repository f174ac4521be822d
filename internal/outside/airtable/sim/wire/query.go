package wire

import (
	"net/url"
	"slices"
	"strconv"
)

// List collects the values of a list in a query, which is written as name=…, name[]=… or name[0]=…, name[1]=….
// It returns nil when there is none.
func List(query url.Values, name string) []string {
	list := slices.Concat(query[name], query[name+"[]"], Indexed(query, name))
	if len(list) == 0 {
		return nil
	}
	return list
}

// Indexed collects name[0]=…, name[1]=… alone.
func Indexed(query url.Values, name string) []string {
	var list []string
	for i := 0; ; i++ {
		key := name + "[" + strconv.Itoa(i) + "]"
		if !query.Has(key) {
			return list
		}
		list = append(list, query.Get(key))
	}
}
