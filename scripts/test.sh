#!/usr/bin/env bash
# Everything that must pass before a change lands: formatting, vet, staticcheck,
# the rules for workflow functions, all tests on SQLite and on a private
# PostgreSQL, the official JavaScript client against the simulator, and ten kills.
# It installs what it needs, treats a skipped test as a failure and leaves no
# process behind.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mkdir -p .work
export PAW_TEST_REQUIRE=1

say() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

run=$(mktemp -d "${TMPDIR:-/tmp}/paw-test.XXXXXX")
chmod 755 "$run" # the database's user must be able to reach its folder
scratch=$run # of the Go tests
finish() {
	scripts/postgres.sh stop "$run/postgres" >/dev/null 2>&1 || true
	rm -rf "$run" "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

say "PostgreSQL"
scripts/postgres.sh install
# The tests kill our processes but never the database, so it need not be durable.
PAW_TEST_POSTGRES=$(PAW_POSTGRES_OPTIONS="-c fsync=off -c full_page_writes=off" scripts/postgres.sh start "$run/postgres" $$)
export PAW_TEST_POSTGRES

say "format, vet, staticcheck, rules for workflow functions"
scripts/lint.sh

say "build"
make --no-print-directory build
export PAW_TEST_BINARY="$root/.work/bin/pyairtable-workflows"

say "Go tests"
# Their stores are in memory if there is room: the tests kill processes, never the
# machine, and would spend most of their time waiting for fsync. They still wait
# for much else, so more of them run at once than there are processors. Vet has
# already run; a binary without symbols links faster.
if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 {print $4}')" -gt 2000000 ]; then
	scratch=$(mktemp -d /dev/shm/paw-test.XXXXXX)
fi
cores=$(getconf _NPROCESSORS_ONLN)
ended=0
TMPDIR=$scratch GOTMPDIR=$run go test -count=1 -timeout 10m -vet=off -ldflags='-s -w' -p "$((cores + 1))" -parallel "$((2 * cores))" -json ./... \
	>"$run/go-test.json" 2>"$run/go-test.err" || ended=$?
cat "$run/go-test.err" >&2
go run ./test/report <"$run/go-test.json" | tee "$run/go-report.txt"
if [ "$ended" -ne 0 ]; then
	echo "go test ended with $ended although no test failed" >&2
	exit 1
fi

say "the official JavaScript client against the simulator"
# It runs from a copy, so that what npm installs is under .work too.
mkdir -p .work/airtablejs
cp -R test/airtablejs/. .work/airtablejs/
(cd .work/airtablejs && npm ci --silent --no-progress && node --test --test-reporter=spec)

say "10 kills"
"$PAW_TEST_BINARY" torture --dir "$run/torture" --kills 10 --drops 4 --records 300

say "all checks passed; Go tests:"
tail -1 "$run/go-report.txt"
