#!/usr/bin/env bash
# Installs the checkers at pinned versions, outside the product's go.mod.
set -euo pipefail
cd "$(dirname "$0")/.."
staticcheck_version=v0.8.2

tools="$PWD/.work/tools"
mkdir -p "$tools"
if [ "$(cat "$tools/staticcheck.version" 2>/dev/null)" != "$staticcheck_version" ] || [ ! -x "$tools/staticcheck" ]; then
	GOBIN="$tools" GOFLAGS="" go install "honnef.co/go/tools/cmd/staticcheck@$staticcheck_version"
	echo "$staticcheck_version" >"$tools/staticcheck.version"
fi
