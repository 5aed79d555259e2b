# Everything a maintainer types. `make demo` and `make test` need nothing but a Swift toolchain on
# Debian: they install the packages that are missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PACKAGES := libcrypt-dev libprotobuf-c-dev libsodium-dev pkg-config etcd-server etcd-client openssl xz-utils
PREFIX := /usr/local
DEBUG := .build/debug-scratch
RELEASE := .build/release-scratch
EXPLORER := $(RELEASE)/release/explorer
# Exclusive access to memory is checked by the compiler, and in the tests while they run: in a call,
# a tenth of the processor time would go into these checks.
RELEASE_FLAGS := -Xswiftc -static-executable -Xswiftc -enforce-exclusivity=unchecked
SOURCES := Package.swift Sources Tests Benchmarks

ETCD35 := .build/peers/etcd-3.5/usr/bin/etcd
APISERVER := $(or $(KUBE_APISERVER),.build/peers/run-kube-apiserver.sh)
PEERS := $(or $(EXPLORER_SHARED),../shared)/tools/peers.sh

.PHONY: build demo install man test lint format bench bench-node fuzz differential torture kubernetes catalogue generated check-generated packages peers \
  clean

# The program, linked statically: it starts in two milliseconds and runs on any Linux of its kind.
build: packages
	@swift build -c release --product explorer $(RELEASE_FLAGS) \
	  --scratch-path $(RELEASE) 2>&1 | Scripts/quiet-linker
	@test -x $(EXPLORER)

# `explorer serve` with a real cluster's objects in it: decoded, listed, and followed as they change.
demo: build
	@Scripts/demo $(EXPLORER)

# Some tests at a time, not all at once: each has deadlines that are its own.
test: packages peers
	swift build --build-tests --scratch-path $(DEBUG)
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4 swift test --skip-build --scratch-path $(DEBUG)

# The program, its manual page and what makes shells complete its words: make install PREFIX=/usr
install: build man
	install -D -m 755 $(EXPLORER) $(DESTDIR)$(PREFIX)/bin/explorer
	install -D -m 644 .build/explorer.1 $(DESTDIR)$(PREFIX)/share/man/man1/explorer.1
	@mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(EXPLORER) completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/explorer
	$(EXPLORER) completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_explorer
	$(EXPLORER) completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/explorer.fish

# The manual page, from what the program says of itself.
man: build
	Scripts/man-page $(EXPLORER) > .build/explorer.1

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)
	@cd fixtures && sha256sum --quiet --check SHA256SUMS

format:
	swift format --in-place --recursive --parallel $(SOURCES)

# Beside auger, if there is one on the PATH, and etcd's own programs.
bench: build peers
	@for product in benchmark-databases benchmark-bolt benchmark-watch; do \
	  swift build -c release --product $$product $(RELEASE_FLAGS) --scratch-path $(RELEASE) 2>&1 | tail -1; \
	done
	@Benchmarks/decode $(EXPLORER)
	@Benchmarks/files $(EXPLORER) $(RELEASE)/release/benchmark-databases
	@$(RELEASE)/release/benchmark-bolt
	@Benchmarks/live $(EXPLORER) $(RELEASE)/release/benchmark-databases \
	  $(RELEASE)/release/benchmark-watch $(or $(EXPLORER_ETCD35),$(dir $(ETCD35)))

# The node beside a real etcd, with etcd's own load generator: make bench-node BENCHMARK=PATH
bench-node: build peers
	@test -n "$(BENCHMARK)" || { echo "usage: make bench-node BENCHMARK=etcd's load generator"; exit 2; }
	@Benchmarks/node $(EXPLORER) $(or $(EXPLORER_ETCD35),$(dir $(ETCD35)))/etcd $(BENCHMARK)

# Seeded damage: make fuzz SECONDS_TO_RUN=3600 (default: ten minutes).
fuzz: packages
	swift build --build-tests --scratch-path $(DEBUG)
	EXPLORER_FUZZ_SECONDS=$(or $(SECONDS_TO_RUN),600) swift test --skip-build \
	  --scratch-path $(DEBUG) --filter FuzzTests

# The same random requests to two servers, at length: make differential STEPS=1000000 SEED=1
# (default: 200,000 requests from a seed of the day). EXPLORER_TESTED and EXPLORER_REFERENCE name
# other servers than the node and etcd: etcd-3.4, etcd-3.5, node, or a program with arguments.
differential: packages peers
	swift build --build-tests --scratch-path $(DEBUG)
	EXPLORER_DIFFERENTIAL_STEPS=$(or $(STEPS),200000) EXPLORER_DIFFERENTIAL_COUNTS=1 \
	  EXPLORER_DIFFERENTIAL_SEED=$(or $(SEED),$(shell date +%Y%m%d)) EXPLORER_DIFFERENTIAL_SHRINK=600 \
	  swift test --skip-build --scratch-path $(DEBUG) --filter DifferentialTests

# Kills a server in mid-load, again and again: make torture ROUNDS=1000 TURNS=200 SEED=1 (default: 500
# rounds from a seed of the day). EXPLORER_TESTED says which server. In turns the node and a real etcd
# go on from each other's files (default: 100 with each release of etcd).
torture: packages peers
	swift build --build-tests --scratch-path $(DEBUG)
	EXPLORER_TORTURE_ROUNDS=$(or $(ROUNDS),500) EXPLORER_TORTURE_TURNS=$(or $(TURNS),100) \
	  EXPLORER_TORTURE_SEED=$(or $(SEED),$(shell date +%Y%m%d)) \
	  swift test --skip-build --scratch-path $(DEBUG) --filter KillTests

# A real kube-apiserver on the node: objects of all kinds, pages, leases, compaction, kills. It is built
# the first time, for some ten minutes; KUBE_APISERVER names a script that starts another.
kubernetes: build
	@test -x $(APISERVER) || { echo 'building kube-apiserver'; $(PEERS) .build/peers kube-apiserver; }
	@Tests/Kubernetes/conformance $(EXPLORER) $(APISERVER)

# Merges a release of Kubernetes into the catalogue:
#   make catalogue KUBERNETES=1.38 TREES="../api ../apimachinery ../kube-aggregator ..."
catalogue:
	@command -v go > /dev/null || $(MAKE) --no-print-directory packages PACKAGES=golang-go
	@test -n "$(and $(KUBERNETES),$(TREES))" || { echo 'usage: make catalogue KUBERNETES=1.38 TREES="DIR..."'; exit 2; }
	cd Sources/Decode/Schema/Generator && go run . -catalogue $(CURDIR)/Sources/Decode/CCatalogue \
	  -release $(KUBERNETES) $(abspath $(TREES))

# The messages of etcd's API, from Sources/Store/API/Protos.
generated: packages
	SCRATCH=$(DEBUG) Sources/Store/API/generate.sh

# Fails if the messages that are checked in are not those.
check-generated: packages
	SCRATCH=$(DEBUG) Sources/Store/API/generate.sh --check

# etcd 3.5 beside Debian's 3.4, for the tests that start real servers. Without it they say so.
peers:
	@test -n "$(EXPLORER_ETCD35)" || test -x $(ETCD35) || test ! -x $(PEERS) || \
	  { mkdir -p .build && timeout 300 $(PEERS) .build/peers etcd35 > .build/peers.log 2>&1; } || \
	  echo 'note: no etcd 3.5 for the tests; .build/peers.log says why'

# Installs what is missing of PACKAGES, as root or through sudo.
packages:
	@Scripts/install-packages $(PACKAGES)

clean:
	rm -rf .build
