# Few verbs. `make run PORT=9000`, `make run KAFKA=1`, `make test ARGS="-k gate"`.
.DEFAULT_GOAL := help
.PHONY: help run services test test-fast test-services faults soak fuzz lint docs packages bench bench-intake bench-registry bench-config bench-dashboard bench-sinks bench-slices bench-trace bench-traffic bench-streams bench-sql bench-client-js bench-client-python bench-client-consumer lock setup setup-dev
PYTHON ?= python3
BIN := .venv/bin
SOURCES := clients eventplatform registry streamconfig intake connectors processing monitoring tests deploy bench manage.py
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url --no-emit-options
ARGS ?=
SECONDS ?= 60
MINUTES ?= 60

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/make \1\t\2/p' Makefile | expand -t 22

run: setup ## start the whole platform on this machine: PORT=8000, KAFKA=1
	@$(BIN)/python -m eventplatform.run

services: ## start real stores on 127.0.0.1 until Ctrl-C: NAMES="kafka cassandra", ARGS=--check tries each of them
	@$(PYTHON) deploy/services/up.py $(ARGS) $(NAMES)

# Compiled modules are kept whatever the environment says: each of the servers that tests start would compile all of ours.
test test-fast test-services: export PYTHONDONTWRITEBYTECODE :=

test: setup-dev ## all tests but those of heavy servers
	@$(BIN)/pytest -n auto --dist loadgroup -m "not services and not faults" $(ARGS)

test-fast: setup-dev ## the unit tests: no server, less than a minute
	@$(BIN)/pytest -n logical --dist worksteal -m "not slow and not services and not faults and not e2e" $(ARGS)

test-services: setup-dev ## the tests against heavy servers: Kafka, Cassandra, HDFS, Druid, OpenSearch, ClickHouse, S3
	@deploy/services/s3/gateway.sh > /dev/null || true # built once, for longer than a test may take; without Go its tests say so
	@$(BIN)/pytest -m services $(ARGS)

faults: setup-dev ## kill, hang and cut off real servers under load (Kafka, Postgres; needs Java): half an hour
	@$(BIN)/pytest -m faults -s $(ARGS)

soak: setup-dev ## the whole platform under a quiet load: no false alarm, flat memory, every event found: MINUTES=60
	@$(BIN)/python -m tests.faults.soak $(MINUTES)

fuzz: setup-dev ## made-up schemas, events and request bodies against every rule: SECONDS=60
	@$(BIN)/python -m tests.fuzz.run $(SECONDS)

lint: setup-dev ## style, types, architecture, licences, settings, migrations
	@$(BIN)/python deploy/lint.py $(SOURCES)

docs: setup-dev ## write docs/reference from the code, check every link
	@$(BIN)/python deploy/build_docs.py

packages: setup-dev ## build what others install, into build/packages: the JavaScript and Python clients, eventschemas
	@$(BIN)/python deploy/packages.py $(ARGS)

bench: setup-dev ## requests, events and CPU per event through both doors
	@$(BIN)/python bench/run.py $(ARGS)

bench-intake: setup-dev ## the lane beside its floor and a peer: ARGS="--only peer"
	@$(BIN)/python bench/intake_bench.py $(ARGS)

bench-registry: setup-dev ## importing, validating and searching schemas at the size of a large site
	@$(BIN)/python bench/registry_bench.py $(ARGS)

bench-config: setup-dev ## what an answer of the configuration's API costs, from 100 to 10,000 streams
	@$(BIN)/python bench/config_bench.py $(ARGS)

bench-dashboard: setup-dev ## what the overview costs with 250 streams and 30 days: ARGS="--rounds 5"
	@$(BIN)/python bench/dashboard_bench.py $(ARGS)

bench-sinks: setup-dev ## connectors beside the raw drivers: ARGS="--only postgres"
	@$(BIN)/python bench/sinks_bench.py $(ARGS)

bench-traffic: setup-dev ## what volumes over time cost with 250 streams and 400 days of hours
	@$(BIN)/python bench/traffic_bench.py

bench-trace: setup-dev ## how fast the log is searched for one event: ARGS="memory postgres"
	@$(BIN)/python bench/trace_bench.py $(ARGS)

bench-sql: setup-dev ## a question over 100,000 events of the log: ARGS="memory postgres --rounds 3"
	@$(BIN)/python bench/sql_bench.py $(ARGS)

bench-slices: setup-dev ## from the log to a row: latency, the pause after a kill, a thousand idle connectors
	@$(BIN)/python bench/slices_bench.py $(ARGS)

bench-client-consumer: setup-dev ## events a second and core of the Python consumer: ARGS="--only sse"
	@PYTHONPATH=.:clients/python $(BIN)/python -m bench.client_python_consumer_bench $(ARGS)

bench-client-python: setup-dev ## the Python client beside a post per event and librdkafka: ARGS="--rounds 5", ARGS=--profile
	@PYTHONPATH=.:clients/python $(BIN)/python -m bench.client_python_bench $(ARGS)

bench-streams: setup-dev ## a thousand clients of streams beside the intake: ARGS="--clients 1000 --rounds 4"
	@$(BIN)/python -m bench.streaming_bench $(ARGS)

bench-client-js: setup-dev ## what a call of the JavaScript client's submit() costs in Chromium
	@$(BIN)/python bench/client_js_bench.py

lock: setup-dev ## pin requirements*.in with hashes
	@$(COMPILE) -o requirements.txt requirements.in
	@$(COMPILE) -o requirements-dev.txt requirements-dev.in

setup:
	@$(PYTHON) deploy/setup_env.py run

setup-dev:
	@$(PYTHON) deploy/setup_env.py dev
