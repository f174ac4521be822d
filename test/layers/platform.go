package layers

// everyday are the tools that every floor above may use without a line.
var everyday = []arrow{
	{"platform/clock", "time is a parameter"},
	{"platform/failure", "one closed set of classes says how a call failed"},
	{"platform/plaintext", "text from outside is made fit to be stored"},
	{"platform/suggest", "a mistyped name gets a suggestion"},
}

var platformFloor = floor{
	name: "platform", rule: "the platform is small tools for everyone and knows none of their users; move the caller up",
	rows: []row{
		{pkg: "platform/auth"},
		{pkg: "platform/blob", may: []arrow{
			{"platform/failure", "it classifies errors of the disk"},
		}},
		{pkg: "platform/clock"},
		{pkg: "platform/config", may: []arrow{
			{"platform/suggest", "an unknown key gets a suggestion"},
		}},
		{pkg: "platform/db", may: []arrow{
			{"platform/clock", "it waits between attempts"},
			{"platform/failure", "it classifies errors of the database"},
			{"platform/plaintext", "no column holds any text"},
		}, tests: []arrow{
			{"platform/db/dbtest", "both databases"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "platform/db/dbtest", forTests: true, may: []arrow{
			{"platform/db", "it opens a store"},
			{"platform/pgtest", "a real PostgreSQL"},
		}},
		{pkg: "platform/failure"},
		{pkg: "platform/pgtest", forTests: true},
		{pkg: "platform/plaintext"},
		{pkg: "platform/resilience", may: []arrow{
			{"platform/clock", "limits are limits in time"},
			{"platform/failure", "a wait that is cut short has a class"},
		}},
		{pkg: "platform/secret", rule: "a type that everyone may use; platform/secret/vault keeps secrets"},
		{pkg: "platform/secret/vault", may: []arrow{
			{"platform/secret", "what it keeps and the form of a reference"},
			{"platform/clock", "a secret says when it was created"},
			{"platform/db", "secrets are rows"},
			{"platform/failure", "a missing secret has a class"},
		}, tests: []arrow{
			{"platform/db/dbtest", "the plans of its queries"},
		}},
		{pkg: "platform/strictjson", may: []arrow{
			{"platform/strictjson/syntax", "a document is text first"},
			{"platform/secret", "a field of this type is a credential"},
			{"platform/suggest", "an unknown key gets a suggestion"},
		}},
		{pkg: "platform/strictjson/syntax", rule: "it judges text and does not know what it means"},
		{pkg: "platform/suggest"},
		{pkg: "platform/telemetry"},
	},
}
