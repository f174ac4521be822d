package formula

import "maps"

// functions are all functions that the simulator knows, by name in capitals. Any other name makes a formula
// invalid. A new function goes into the file of its family.
var functions = merged(logicFunctions, numberFunctions, listFunctions, textFunctions, regexFunctions, dateFunctions, calendarFunctions, recordFunctions)

// merged puts the families into one table.
func merged(families ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, family := range families {
		maps.Copy(all, family)
	}
	return all
}
