# Everything that these targets build, install or run on is under .work/.
BIN     := .work/bin/pyairtable-workflows
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
export GOFLAGS ?= -buildvcs=false
# One setting for builds, checks and tests: each dependency is compiled once.
export CGO_ENABLED ?= 0

.PHONY: demo test bench torture lint generate build clean help

demo: build ## Two Airtable bases kept in sync through a kill -9 (ARGS=--exit ends it when it is done)
	@$(BIN) demo --dir .work/demo $(ARGS)

test: ## All checks and tests; installs what they need (PostgreSQL, staticcheck, the JavaScript client)
	@scripts/test.sh

bench: ## Ratios to a floor and to a peer, measured in the same run (ARGS="-runs 500", ARGS=bytes, ARGS=lists)
	@scripts/bench.sh $(ARGS)

torture: build ## 50 SIGKILLs at random moments, 30 lost answers; bases must end equal
	@$(BIN) torture --dir .work/torture $(ARGS)

lint: ## vet, staticcheck and the rules for workflow functions
	@scripts/lint.sh

generate: ## Rewrite the generated files that are committed (docs/openapi.json)
	@go test ./internal/api/http/v1 -run TestDocumentIsFresh -update

build: ## The binary, at .work/bin/pyairtable-workflows
	@mkdir -p .work/bin
	@go build -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/pyairtable-workflows

clean: ## Remove everything that was built, installed or run
	@rm -rf .work

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'
