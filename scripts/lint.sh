#!/usr/bin/env bash
# vet, staticcheck and the rules for workflow functions.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/tools.sh
unformatted=$(gofmt -l cmd internal test bench examples)
if [ -n "$unformatted" ]; then
	echo "not formatted (run gofmt -w): $unformatted" >&2
	exit 1
fi
go vet ./...
.work/tools/staticcheck ./...
go run ./internal/core/engine/lint/cmd ./...
