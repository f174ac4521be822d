#!/usr/bin/env bash
# Prints ratios to a floor and to a peer that are measured in the same run.
# PostgreSQL is measured if it is installed (scripts/postgres.sh install), and the
# peer if it can be built: the first run fetches its modules.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .work/bin .work/bench
run=$(mktemp -d "${TMPDIR:-/tmp}/paw-bench.XXXXXX")
chmod 755 "$run"
trap 'scripts/postgres.sh stop "$run/postgres" >/dev/null 2>&1 || true; rm -rf "$run"' EXIT
trap 'exit 130' INT TERM

# engine is the table of ratios; bytes shows where the space goes, and lists how
# lists behave on a large store.
program=engine
case ${1:-} in
engine | bytes | lists)
	program=$1
	shift
	;;
esac

if PAW_BENCH_POSTGRES=$(scripts/postgres.sh start "$run/postgres" $$ 2>/dev/null); then
	export PAW_BENCH_POSTGRES
else
	echo "PostgreSQL is not installed: measuring SQLite only" >&2
fi
go build -o ".work/bin/bench-$program" "./bench/$program"
args=()
[ "$program" = lists ] || args+=(-dir .work/bench)
if [ "$program" = engine ]; then
	make --no-print-directory build
	args+=(-binary .work/bin/pyairtable-workflows)
	rm -f .work/bin/bench-dbos
	if go build -C bench/peers/dbos -o "$PWD/.work/bin/bench-dbos" . >"$run/dbos.log" 2>&1; then
		args+=(-dbos .work/bin/bench-dbos)
	else
		echo "DBOS is not measured: bench/peers/dbos does not build ($(tail -n 1 "$run/dbos.log"))" >&2
	fi
fi
".work/bin/bench-$program" "${args[@]}" "$@"
