package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestPeerIsReadByItsTwoLines(t *testing.T) {
	t.Parallel()
	const figuresLine = `{"peer":"DBOS v1.8.0","durability":"synchronous=NORMAL","took":2000000000,"cpu":4000000,"p50":7,"p99":9,"bytes_per_run":1440.5}`
	for name, tc := range map[string]struct{ out, fails string }{
		"both lines":      {out: "\"begin\"\n" + figuresLine + "\n"},
		"nothing":         {out: "", fails: "did not begin"},
		"no figures":      {out: "\"begin\"\n", fails: "printed no figures"},
		"another program": {out: "\"begin\"\nhello\n", fails: "its figures"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := readPeer(t.Context(), settings{runs: 4}, strings.NewReader(tc.out))
			if tc.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fails) {
					t.Fatalf("error %v, want one with %q", err, tc.fails)
				}
				return
			}
			want := figures{name: "DBOS v1.8.0", durability: "synchronous=NORMAL", runsPerSecond: 2, p50: 7, p99: 9, cpu: time.Millisecond, bytes: 1440.5}
			if err != nil || f != want {
				t.Errorf("got %+v, %v\nwant %+v", f, err, want)
			}
		})
	}
}

func TestAPeerThatFailsIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	ours := &contender{name: "ours", store: "SQLite", rounds: []figures{{runsPerSecond: 100, floor: 200, durability: "synchronous=FULL"}}}
	gone := &contender{name: "DBOS", store: "SQLite", peer: true, failed: errNoBegin}
	printTable(&out, settings{runs: 1, starters: 1, rounds: 1}, []float64{200}, []*contender{ours, gone})
	got := out.String()
	for _, want := range []string{"yes: synchronous=FULL", "0.50", "DBOS on SQLite failed in round 1", errNoBegin.Error()} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "÷ peer") {
		t.Errorf("a comparison with a peer that was not measured:\n%s", got)
	}
}

func TestRatiosAreThoseWithinARound(t *testing.T) {
	t.Parallel()
	ours := &contender{rounds: []figures{{runsPerSecond: 100, cpu: 2, bytes: 30}, {runsPerSecond: 10, cpu: 2, bytes: 30}, {runsPerSecond: 40, cpu: 1, serverCPU: 1, bytes: 30}}}
	peer := &contender{name: "peer", store: "SQLite", peer: true, rounds: []figures{
		{runsPerSecond: 50, cpu: 4, bytes: 10, durability: "synchronous=OFF"}, {runsPerSecond: 5, cpu: 1, serverCPU: 3, bytes: 10}, {runsPerSecond: 10, cpu: 4, bytes: 10}}}
	got := strings.Fields(compare(ours, peer))
	want := "÷ peer, synchronous=OFF SQLite 2.00 0.50 3.00"
	if strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSettingsThatDoNotWaitForTheDiskSaySo(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"synchronous=FULL": "yes: ", "synchronous=EXTRA": "yes: ", "synchronous=NORMAL": "no: ", "synchronous=OFF": "no: ",
		"synchronous=NORMAL and FULL": "no: ", "synchronous_commit=on": "yes: ", "synchronous_commit=off": "no: ", "synchronous_commit=local": "yes: ",
	} {
		if got := durable(setting); got != want+setting {
			t.Errorf("durable(%q) = %q, want %q", setting, got, want+setting)
		}
	}
}

func TestMedianOfAnOddNumberIsTheMiddleOne(t *testing.T) {
	t.Parallel()
	if got := median([]float64{9, 1, math.Inf(1), 3, 2}); got != 3 {
		t.Errorf("got %v, want 3", got)
	}
}
