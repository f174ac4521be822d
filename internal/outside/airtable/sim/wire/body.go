package wire

import "encoding/json"

// Decode reads the body of a call. JSON of the wrong type is an invalid parameter; anything else that cannot be
// read is an invalid body.
func Decode(body []byte, into any) *Error {
	if err := json.Unmarshal(body, into); err != nil {
		if json.Valid(body) {
			return InvalidParameters()
		}
		return InvalidBody()
	}
	return nil
}
