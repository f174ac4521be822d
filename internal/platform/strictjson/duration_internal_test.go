package strictjson

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const wrong = time.Duration(-1)
	for text, want := range map[string]time.Duration{
		"30s":                      30 * time.Second,
		"1h30m":                    90 * time.Minute,
		"1.5h":                     90 * time.Minute,
		"0s":                       0,
		"0":                        0,
		"0d":                       0,
		"90d":                      90 * 24 * time.Hour,
		"2w":                       14 * 24 * time.Hour,
		"2w3d4h":                   (17*24 + 4) * time.Hour,
		"1d0.5s":                   24*time.Hour + time.Second/2,
		"1µs":                      time.Microsecond,
		"106751d":                  106751 * 24 * time.Hour,
		"106752d":                  wrong, // beyond 2^63 nanoseconds
		"106751d24h":               wrong,
		"15250w2d":                 wrong, // each of both fits
		"15250w1d":                 (15250*7 + 1) * 24 * time.Hour,
		"30501w":                   wrong, // wraps round to three days
		"213504d":                  wrong, // to an hour and a half
		"2147483647w":              wrong,
		"4294967296w":              wrong,
		"99999999999999999d":       wrong,
		"2562047h47m16.854775807s": math.MaxInt64,
		"2562047h47m16.854775808s": wrong,
		"":                         wrong,
		" 30s":                     wrong,
		"30s ":                     wrong,
		"30":                       wrong,
		"d":                        wrong,
		"w3d":                      wrong,
		"-1s":                      wrong,
		"+1s":                      wrong,
		"1d-1h":                    wrong,
		"1d+1h":                    wrong,
		"-1d":                      wrong,
		"+1d":                      wrong,
		"1.5d":                     wrong,
		"3d2w":                     wrong, // the larger unit stands first
		"1d1d":                     wrong,
		"1h1d":                     wrong,
		"1D":                       wrong,
		"30 s":                     wrong,
		"1month":                   wrong,
		"1e3s":                     wrong,
	} {
		got, err := parseDuration(text)
		if err != nil {
			got = wrong
		}
		if got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestShowDuration(t *testing.T) {
	t.Parallel()
	for bound, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s",
		24 * time.Hour: "1d", 36 * time.Hour: "36h", 90 * 24 * time.Hour: "90d", 10 * time.Minute: "10m", 10 * time.Hour: "10h", time.Second / 2: "500ms",
	} {
		if got := showDuration(float64(bound)); got != want {
			t.Errorf("%v: %s, want %s", bound, got, want)
		}
	}
}
