# The front door. Needs Python 3.11 or later and make; everything else comes from the package registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-long lint bench bench-short messages docs lock clean

demo: $(VENV)/installed
	$(BIN)/python examples/demo.py

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(VENV)/installed-dev
	$(BIN)/python -m pytest --long --timeout=3600

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	$(BIN)/python bench/run.py

# Extracts the messages, brings both catalogues level and compiles them.
messages: $(VENV)/installed-dev
	$(BIN)/python model/locale/update.py

# Writes the pages that say what the code says: exit codes, findings, commands.
docs: $(VENV)/installed-dev
	$(BIN)/python docs/generate.py

# Locks exact versions with hashes; needs uv (from PyPI). Names no package index.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --all-extras \
	  pyproject.toml requirements/build.in -o requirements/lock.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --all-extras \
	  pyproject.toml requirements/build.in requirements/dev.in -c requirements/lock.txt -o requirements/lock-dev.txt

clean:
	rm -rf $(VENV) demo build *.egg-info

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements/lock.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/installed-dev: requirements/lock-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock-dev.txt
	touch $@
