# Everything that is done here more than once. `make` alone lists it.
# Nothing has to be installed but Rust and Python 3: each target fetches what else it needs, in a pinned
# version, into target/.

.DEFAULT_GOAL := help
TARGET := $(or $(CARGO_TARGET_DIR),target)
export EVENT
export SAM_CLI_TELEMETRY := 0

ARCHITECTURE := arm64
STACK := holdfast
FUNCTION := ReleaseGuard
CARGO_LAMBDA_arm64 := --arm64
CARGO_LAMBDA_x86_64 := --x86-64
# cargo-lambda finds its zig by the first `python3`, which has to be the one beside it.
BUILD_PATH := $(abspath $(TARGET))/venv/bin:$(abspath $(TARGET))/venv-sam/bin:$(PATH)
SAM := PATH="$(BUILD_PATH)" sam
ALIAS := "$(TARGET)/venv-sam/bin/python" tools/deployment/rollback.py
SMOKE := "$(TARGET)/venv-sam/bin/python" tools/deployment/smoke.py stack

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
		echo "make: there is no event file \`$$EVENT\` (looked from $$PWD)" >&2; exit 1; fi

.PHONY: demo
demo: event-file binaries ## Lose three addresses, see them come back; EVENT=file.json runs the guard on your own event
	@"$(TARGET)/debug/demo" $${EVENT:+"$$EVENT"}

.PHONY: demo-page
demo-page: binaries ## Run the demo, and write what it prints to docs/DEMO.md
	@tools/demo-page

.PHONY: pictures
pictures: binaries ## Write docs/pictures: what the operator's tool prints in a terminal, as README shows it
	HOLDFAST_WRITE_PICTURES=1 cargo test --locked -p holdfast-tests --test cli pictures::

.PHONY: messages
messages: ## Write docs/MESSAGES.md: everything that a person is told, read out of the code
	HOLDFAST_WRITE_MESSAGES=1 cargo test --locked -p holdfast-tests --no-default-features --test repo messages::

.PHONY: notifications
notifications: ## Write docs/NOTIFICATIONS.md: mails and chat messages of real runs
	HOLDFAST_WRITE_NOTIFICATIONS=1 cargo test --locked -p holdfast-tests --no-default-features --test repo notifications::

.PHONY: test
test: ## Run every test: the pure crate in seconds, then the real binaries
	@tools/test

.PHONY: lint
lint: ## Formatting, clippy, docs, house rules, licences, bans and advisories
	cargo fmt --all --check
	tools/house-rules
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	tools/cargo-deny

.PHONY: check
check: lint test ## What must pass before a change goes in: lint and test

.PHONY: build
build: ## Compile the functions for Lambda, into target/lambda; ARCHITECTURE=x86_64 instead of arm64
	@tools/venv tools/cargo-lambda.txt
	PATH="$(BUILD_PATH)" cargo lambda build --locked --release $(CARGO_LAMBDA_$(ARCHITECTURE))

.PHONY: bench
bench: ## Measure the functions as they ship, beside boto3, and write docs/PERFORMANCE.md (root; QUICK=1 for a look)
	@tools/release-build
	@tools/bench/run "$(TARGET)/release" $(if $(QUICK),--quick)

.PHONY: performance
performance: ## Write docs/PERFORMANCE.md again, from the results of the last `make bench`, after a change of its text
	HOLDFAST_WRITE_PERFORMANCE=1 cargo test --locked -p holdfast-tests --no-default-features --test repo performance::

.PHONY: start-cost
start-cost: ## Count system calls, files and instructions of each start, of the functions and of the tool (strace, valgrind)
	@tools/start/cost
	@tools/start/cli

.PHONY: sweep-cost
sweep-cost: ## Count the instructions of a run of reconcile as the account grows: no faster than it does (valgrind)
	@tools/start/sweep

.PHONY: validate
validate: diagrams ## Check the template (sam validate, cfn-lint with everything on, checkov) and the diagrams
	@tools/validate

.PHONY: moto
moto: sam ## Create, change, delete and adopt the packaged stack in moto, and name what moto does not model
	@tools/venv tools/moto.txt moto
	@mkdir -p "$(TARGET)/template"
	@AWS_DEFAULT_REGION=us-east-1 "$(TARGET)/venv-sam/bin/python" tools/template.py plain "$(TARGET)/template/plain.yaml"
	@"$(TARGET)/venv-moto/bin/python" -W ignore tools/create-in-moto.py "$(TARGET)/template/plain.yaml" 2>/dev/null

.PHONY: diagrams
diagrams: ## Parse the diagrams of the documents with a pinned mermaid
	@tools/diagrams

.PHONY: package
package: build ## Make target/package: zips and plain CloudFormation, for StackSets and other pipelines
	@tools/release-proof
	@tools/package $(ARCHITECTURE)

.PHONY: sam
sam:
	@tools/venv tools/cargo-lambda.txt
	@tools/venv tools/sam.txt sam

.PHONY: deployable
deployable: sam build
	@tools/release-proof
	@mkdir -p "$(TARGET)/deploy"
	@AWS_DEFAULT_REGION=us-east-1 "$(TARGET)/venv-sam/bin/python" tools/template.py deploy "$(TARGET)/deploy/template.yaml"
	@tools/built-for "$(TARGET)/deploy/template.yaml" $(ARCHITECTURE)

.PHONY: deploy
deploy: deployable ## Build, deploy and try it out, asking what has to be known; SET="Name=value ..." sets other parameters
	@PATH="$(BUILD_PATH)" python3 tools/deployment/ask.py $(STACK) -- \
		sam deploy --template-file "$(TARGET)/deploy/template.yaml" --config-file "$(CURDIR)/samconfig.toml" \
			--stack-name $(STACK)
	@$(ALIAS) forward $(STACK)
	@$(SMOKE) $(STACK)
	@$(ALIAS) publish $(STACK)

.PHONY: smoke
smoke: sam ## Invoke each deployed function with an event that changes nothing: which are well, and what to do
	@$(SMOKE) $(STACK)

.PHONY: rollback
rollback: sam ## Point each function's alias back to the version that passed the smoke test before
	@$(ALIAS) back $(STACK)
	@$(SMOKE) $(STACK)

.PHONY: invoke
invoke: sam event-file ## Run a deployed function on an event: FUNCTION=ReleaseGuard EVENT=file.json
	@[ -n "$$EVENT" ] || { echo "make invoke: EVENT=file.json is missing" >&2; exit 1; }
	$(SAM) remote invoke $(FUNCTION) --stack-name $(STACK) --event-file "$$EVENT"

.PHONY: test-notification
test-notification: sam ## Have the deployed notify send a test message to each place where people read
	$(SAM) remote invoke Notify --stack-name $(STACK) --event '{"holdfast": "test-notification"}'

.PHONY: logs
logs: sam ## Follow the logs of the deployed functions
	$(SAM) logs --stack-name $(STACK) --tail

.PHONY: delete
delete: sam ## Delete the stack; the ledger and every address stay
	$(SAM) delete --stack-name $(STACK)

.PHONY: guest
guest: ## Make the files with which a group's guests answer: GROUP=web FOR=networkd|networkmanager|cloud-init|ssm
	@tools/guest/make

.PHONY: guest-test
guest-test: ## Try those files on real network managers, in network namespaces (root, Debian's packages)
	@tools/guest/test

.PHONY: guest-timing
guest-timing: ## Measure there how long a moved interface takes to answer, 50 times each
	@tools/guest/test timing 50

.PHONY: figures
figures: ## Print circles, wrong-way imports, long functions and sizes; CHECKOUT=path for another checkout
	@tools/figures $(CHECKOUT)

.PHONY: mutants
mutants: ## Change the engine in thousands of small ways, and see which changes no test notices (40 minutes and more; ONLY="release_guard/*")
	@tools/mutants/run mutants $(if $(ONLY),--files $(ONLY))

.PHONY: sabotage
sabotage: ## Take single guards out of the engine, and name the tests that notice (ONLY=cooldown)
	@tools/mutants/run sabotage $(if $(ONLY),--only "$(ONLY)")

.PHONY: clients
clients: binaries ## Run AWS clients that no one here wrote, unmodified, against the simulator (needs PyPI and npm once)
	@tools/clients/run

.PHONY: clients-page
clients-page: binaries ## The same, and write the table of docs/CLIENTS.md
	@tools/clients/run --write

.PHONY: conformance
conformance: ## Try in an account of yours what the simulator claims about EC2: REGION=eu-central-1, OPTIONS="--minutes 30" (asks first)
	@tools/venv tools/boto3.txt
	@"$(TARGET)/venv/bin/python" tools/conformance/conformance.py run $(if $(REGION),--region $(REGION)) $(OPTIONS)

.PHONY: conformance-test
conformance-test: binaries ## The same on the simulator, with its doubts set both ways, and killed after each of its calls
	@tools/conformance/test

.PHONY: drill-test
drill-test: binaries ## Run the state machines of templates/drill.yaml on an interpreter of their language (needs PyPI once)
	@tools/drill/test

.PHONY: release-proof
release-proof: ## Search the functions of a release build for calls that their roles may not make (FOLDER=target/lambda)
	@tools/release-proof $(FOLDER)

.PHONY: shipped
shipped: binaries ## Build what ships once, count its starts and its sweeps, and search it for calls that no role may make (strace, valgrind)
	@tools/release-build
	@tools/start/cost "$(TARGET)/release"
	@tools/start/sweep "$(TARGET)/release"
	@tools/release-proof "$(TARGET)/release"

.PHONY: binaries-test
binaries-test: binaries ## The same counts and the same search on the binaries of the tests: no release build (strace, valgrind)
	@tools/start/binaries "$(TARGET)/debug"

.PHONY: ledger-contract
ledger-contract: ## Hold the ledger to its contract on moto's DynamoDB and on dynalite (needs PyPI and npm once)
	@tools/ledger/contract

.PHONY: boto3-smoke
boto3-smoke: ## Let an unmodified boto3 use the simulator (needs PyPI once)
	@tools/boto3-smoke

.PHONY: clean
clean: ## Remove everything that was built or fetched
	cargo clean
