#!/usr/bin/env bash
# A private PostgreSQL for tests and benchmarks.
#
#   postgres.sh install           installs the server by apt, if it is missing
#   postgres.sh start DIR [PID]   a fresh instance; prints its URL. It is stopped
#                                 by `stop DIR`, by the next `start DIR`, or when
#                                 process PID ends
#   postgres.sh stop DIR          stops it and removes its files
#
# The instance listens on a Unix socket only. Its files are in a temporary
# directory, because the user it runs as may have no access to DIR; DIR/location
# names it. PAW_POSTGRES_OPTIONS is passed to the server ("-c fsync=off" for tests
# that need no durability).
set -euo pipefail

fail() {
	echo "postgres.sh: $*" >&2
	exit 1
}

# bin prints the folder with the server's programs, or nothing.
bin() {
	local dir
	for dir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/15/bin /usr/lib/postgresql/*/bin \
		"$(dirname "$(command -v postgres 2>/dev/null || echo /none/postgres)")"; do
		if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
			echo "$dir"
			return
		fi
	done
}

install() {
	[ -z "$(bin)" ] || return 0
	command -v apt-get >/dev/null || fail "PostgreSQL is missing and this system has no apt; install PostgreSQL 15 or newer and put its programs into PATH"
	local sudo=()
	if [ "$(id -u)" -ne 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			fail "PostgreSQL is missing; run this first: sudo apt-get update && sudo apt-get install -y postgresql-15"
		fi
		sudo=(sudo -n)
	fi
	echo "installing PostgreSQL 15" >&2
	# Without this the package creates and starts a server that no one needs.
	"${sudo[@]}" mkdir -p /etc/postgresql-common
	if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
		echo "create_main_cluster = false" | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
	fi
	local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Options::=--force-confold)
	"${apt[@]}" update >&2
	"${apt[@]}" install -y --no-install-recommends postgresql-15 >&2
	[ -n "$(bin)" ] || fail "apt has installed postgresql-15, but there is no server in /usr/lib/postgresql/15/bin"
}

# as runs a command as a user that PostgreSQL accepts.
as() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --reuid="$(unprivileged)" --regid="$(id -g "$(unprivileged)")" --clear-groups "$@"
	fi
}

unprivileged() {
	if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi
}

start() {
	local dir=$1 owner=${2:-} programs home
	programs=$(bin)
	[ -n "$programs" ] || fail "PostgreSQL is missing; run scripts/postgres.sh install"
	stop "$dir"
	mkdir -p "$dir"
	home=$(mktemp -d /tmp/paw-postgres.XXXXXX)
	echo "$home" >"$dir/location"
	[ "$(id -u)" -ne 0 ] || chown "$(unprivileged):" "$home"
	cd /
	if ! as "$programs/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C -N >"$dir/initdb.log" 2>&1; then
		cat "$dir/initdb.log" >&2
		stop "$dir"
		fail "initdb failed"
	fi
	# shellcheck disable=SC2086 # the options are to be split into words
	as setsid "$programs/postgres" -D "$home/data" -k "$home" -c listen_addresses= -c max_connections=300 \
		-c shared_buffers=128MB ${PAW_POSTGRES_OPTIONS:-} >"$dir/server.log" 2>&1 </dev/null &
	if ! ready "$programs" "$home"; then
		cat "$dir/server.log" >&2
		stop "$dir"
		fail "the server does not answer"
	fi
	if [ -n "$owner" ]; then
		watch "$dir" "$home" "$owner" >/dev/null 2>&1 </dev/null &
	fi
	echo "postgres://postgres@/postgres?host=$home"
}

ready() {
	for _ in $(seq 300); do
		if "$1/pg_isready" -q -h "$2"; then return; fi
		sleep 0.1
	done
	return 1
}

# watch stops the instance when its owner is gone; it ends with the instance.
watch() {
	while kill -0 "$3" 2>/dev/null; do
		if [ ! -e "$2/data/postmaster.pid" ]; then return; fi
		sleep 1
	done
	if [ "$(cat "$1/location" 2>/dev/null)" = "$2" ]; then stop "$1"; fi
}

stop() {
	local dir=$1 home pid
	if [ ! -e "$dir/location" ]; then return 0; fi
	home=$(cat "$dir/location")
	case $home in
	/tmp/paw-postgres.*) ;;
	*) fail "$dir/location names $home, which is not an instance of this script" ;;
	esac
	pid=$(head -n 1 "$home/data/postmaster.pid" 2>/dev/null || true)
	# After a crash of the machine the number may belong to another process.
	if [ -n "$pid" ] && grep -qs "$home" "/proc/$pid/cmdline"; then
		kill -INT "$pid" 2>/dev/null || true
		for _ in $(seq 100); do
			if ! kill -0 "$pid" 2>/dev/null; then break; fi
			sleep 0.1
		done
		kill -QUIT "$pid" 2>/dev/null || true
	fi
	rm -rf "$home"
	rm -rf "$dir"
}

absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

case "${1:-} $#" in
"install 1") install ;;
"start 2" | "start 3") start "$(absolute "$2")" "${3:-}" ;;
"stop 2") stop "$(absolute "$2")" ;;
*) fail "usage: postgres.sh install | start DIR [PID] | stop DIR" ;;
esac
