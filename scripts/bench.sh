#!/usr/bin/env bash
# Prints ratios against a floor that is measured in the same run. PostgreSQL is
# measured too where it is installed (scripts/postgres.sh install).
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .work/bin .work/bench
run=$(mktemp -d "${TMPDIR:-/tmp}/paw-bench.XXXXXX")
chmod 755 "$run"
trap 'scripts/postgres.sh stop "$run/postgres" >/dev/null 2>&1 || true; rm -rf "$run"' EXIT
trap 'exit 130' INT TERM
if PAW_BENCH_POSTGRES=$(scripts/postgres.sh start "$run/postgres" $$ 2>/dev/null); then
	export PAW_BENCH_POSTGRES
else
	echo "PostgreSQL is not installed: measuring SQLite only" >&2
fi
go build -o .work/bin/bench ./bench/engine
make --no-print-directory build
.work/bin/bench -dir .work/bench -binary .work/bin/pyairtable-workflows "$@"
