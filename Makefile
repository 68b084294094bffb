# Targets with a text after ## are shown by `make help`.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION)
ARGS     ?=
PKG      ?= ./...
FUZZTIME ?= 20s
DIR      ?= demo/screenshots
TIMEOUT  ?= 15m

# One version for everybody; to move it is a commit of its own.
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Packages that are tested without the race detector, under which they would take
# many minutes: those that replay weeks through Prometheus' engine or write a month of
# samples in one goroutine, and the commands, whose parts are tested with it in
# packages of their own.
REPLAYS := '/(cmd/burnish|burnrate|episode|implies|rulefile|simulate|tune)$$'

# The servers that integration tests start, as Debian calls them.
SERVERS := prometheus prometheus-alertmanager victoria-metrics chromium

.PHONY: help
help: ## Show this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binary bin/burnish
	@CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/burnish ./cmd/burnish

.PHONY: run
run: build ## Run the demo into ./demo and serve its page; ARGS=--once ends after the report
	@bin/burnish demo --dir demo $(ARGS)

.PHONY: demo
demo: build ## Write the demo's outputs into ./demo and end
	@bin/burnish demo --once --dir demo $(ARGS)

.PHONY: test
test: deps build check ## Run everything that has to pass: format, vet, all tests with the race detector
	@race=-race; \
	if ! command -v $${CC:-gcc} >/dev/null; then \
	  if [ "$${CI:-}" = true ]; then echo "make test: the race detector needs a C compiler" >&2; exit 1; fi; \
	  echo "no C compiler: testing without the race detector"; race=; \
	fi; \
	failed=0; \
	rest=$$(go list $(PKG) | grep -vE $(REPLAYS)); replays=$$(go list $(PKG) | grep -E $(REPLAYS)); \
	if [ -n "$$rest" ]; then go test $$race -p 2 -timeout $(TIMEOUT) $$rest || failed=1; fi; \
	if [ -n "$$replays" ]; then go test -timeout $(TIMEOUT) $$replays || failed=1; fi; \
	exit $$failed

.PHONY: check
check:
	@bad=$$(gofmt -l .); \
	if [ -n "$$bad" ]; then echo "not formatted (run gofmt -w):" $$bad >&2; exit 1; fi
	@CGO_ENABLED=0 go vet $(PKG)

.PHONY: deps
deps: ## Install the servers that integration tests need, where this is Debian and you are root
	@missing=""; \
	for p in $(SERVERS); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	[ -d /usr/lib/postgresql ] || missing="$$missing postgresql"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing$$missing"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update && apt-get install -y --no-install-recommends $$missing; } >/dev/null 2>deps.out \
	    || { cat deps.out >&2; echo "make deps: could not install$$missing" >&2; }; \
	  rm -f deps.out; missing=""; \
	  for p in $(SERVERS); do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	  [ -d /usr/lib/postgresql ] || missing="$$missing postgresql"; \
	fi; \
	if [ -n "$$missing" ]; then echo "not installed:$$missing (tests that need them are skipped)"; fi; \
	if [ ! -d "$${BURNISH_TEST_DATA:-../shared/data}" ]; then \
	  echo "no test data at $${BURNISH_TEST_DATA:-../shared/data} (tests on real series are skipped)"; fi

.PHONY: screenshots
screenshots: ## Take pictures of every page and report, wide and narrow, light and dark, into DIR (./demo/screenshots)
	@BURNISH_SCREENSHOTS=$(abspath $(DIR)) go test ./cmd/burnish -count 1 -run '^TestScreenshots$$' -timeout $(TIMEOUT)

.PHONY: lint
lint: ## Run golangci-lint at the pinned version (its first build takes minutes)
	@CGO_ENABLED=0 go run $(GOLANGCI_LINT) run $(PKG)

.PHONY: bench
bench: ## Run the benchmarks; PKG=./collector/... narrows it
	@go test -run '^$$' -bench . -benchmem -timeout 60m $(PKG)

.PHONY: tune-table
tune-table: ## Tune seven bodies of real data and print what it saves and loses (minutes; docs/benchmarks.md)
	@BURNISH_TUNE_TABLE=1 CGO_ENABLED=0 go test ./cmd/burnish -count 1 -run '^TestRulesTuneTable$$' -v -timeout 120m

.PHONY: fuzz
fuzz: ## Fuzz every parser for FUZZTIME (20s) each
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do \
	  for f in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/p' "$$file"); do \
	    echo "$$f in $$(dirname "$$file")"; \
	    go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" </dev/null; \
	  done; \
	done
