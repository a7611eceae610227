# Two commands for a newcomer: `make demo` and `make test`. Everything else is for those who work here.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: demo test check format lock bench clean

demo: .venv/runtime.stamp  ## run the hub, its simulated partners and a guided tour (ARGS=--once leaves after it)
	@$(BIN)/hub demo $(ARGS)

test: .venv/dev.stamp  ## every test, in parallel and in random order (ARGS goes to pytest)
	@$(BIN)/pytest $(ARGS)

check: .venv/dev.stamp  ## lint, format, types, import direction
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/dev.stamp
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/dev.stamp  ## requests a second and latency, as ratios within one run
	@$(BIN)/python benchmarks/gateway.py $(ARGS)

# A lock file without addresses: any registry that serves the same bytes will do.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url
lock: .venv/dev.stamp
	$(COMPILE) --extra build pyproject.toml -o requirements.lock
	$(COMPILE) --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the hub needs Python 3.11 or newer; name one with: make PYTHON=python3.11 …")'
	@echo "making .venv …"
	@$(PYTHON) -m venv .venv

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
.venv/runtime.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "installing what the hub needs …"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/runtime.stamp
	@echo "installing what the tests need …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
