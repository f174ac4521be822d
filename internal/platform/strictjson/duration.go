package strictjson

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// durationUnits are the units that Go's own durations lack.
var durationUnits = map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}

// parseDuration reads "30s", "1h30m" and also "90d" and "2w": a day has 24
// hours. A duration is not negative.
func parseDuration(s string) (time.Duration, error) {
	var whole time.Duration
	rest := s
	for _, unit := range []byte{'w', 'd'} {
		digits, after, found := strings.Cut(rest, string(unit))
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 31)
		part := time.Duration(n) * durationUnits[unit]
		if err != nil || part/durationUnits[unit] != time.Duration(n) {
			return 0, errors.New("not a duration")
		}
		if whole += part; whole < 0 {
			return 0, errors.New("not a duration")
		}
		rest = after
	}
	if rest == "" && s != "" {
		return whole, nil
	}
	part, err := time.ParseDuration(rest)
	if err != nil || part < 0 || rest[0] == '+' || rest[0] == '-' || whole+part < 0 {
		return 0, errors.New("not a duration")
	}
	return whole + part, nil
}

// showDuration writes a bound as people write it.
func showDuration(bound float64) string {
	length := time.Duration(bound)
	if day := durationUnits['d']; length >= day && length%day == 0 {
		return strconv.FormatInt(int64(length/day), 10) + "d"
	}
	text := length.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}
