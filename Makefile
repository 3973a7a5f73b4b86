# Everything that is done here more than once. `make` alone lists it.
# Nothing has to be installed but Rust and Python 3: each target fetches what else it needs, in a pinned
# version, into target/.

.DEFAULT_GOAL := help
TARGET := $(or $(CARGO_TARGET_DIR),target)
export EVENT

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# All binaries with the features that the tests use, so that nothing is compiled twice.
.PHONY: binaries
binaries:
	cargo build --locked --workspace --bins

.PHONY: event-file
event-file:
	@if [ -n "$$EVENT" ] && [ ! -f "$$EVENT" ]; then \
		echo "make demo: there is no event file \`$$EVENT\` (looked from $$PWD)" >&2; exit 1; fi

.PHONY: demo
demo: event-file binaries ## Lose three addresses, see them come back; EVENT=file.json runs the guard on your own event
	@"$(TARGET)/debug/demo" $${EVENT:+"$$EVENT"}

.PHONY: test
test: ## Run every test: the pure crate in seconds, then the real binaries
	@tools/test

.PHONY: lint
lint: ## Formatting, clippy, docs, house rules, licences, bans and advisories
	cargo fmt --all --check
	tools/house-rules
	cargo clippy --locked -p holdfast --no-default-features --all-targets -- -D warnings
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	tools/cargo-deny

.PHONY: check
check: lint test ## What must pass before a change goes in: lint and test

.PHONY: build
build: ## Compile the functions for Lambda on arm64, into target/lambda
	@tools/venv tools/cargo-lambda.txt
	PATH="$(abspath $(TARGET))/venv/bin:$$PATH" cargo lambda build --locked --release --arm64

.PHONY: boto3-smoke
boto3-smoke: ## Let an unmodified boto3 use the simulator (needs PyPI once)
	@tools/boto3-smoke

.PHONY: clean
clean: ## Remove everything that was built or fetched
	cargo clean
