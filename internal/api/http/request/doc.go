// Package request reads an HTTP request into the struct that its route
// declares: parameters from fields with the tag path, query or header, the
// body from the field Body of a type JSON[T]. The same tags bound the values
// and describe them in the OpenAPI document. All faults of a request are found
// at once. The package knows no route and no resource.
//
//	type updateIn struct {
//		ID   string `path:"id" maxLength:"100" doc:"ID of the thing"`
//		Body request.JSON[thing]
//	}
package request
