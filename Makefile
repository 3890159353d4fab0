# make book · make test · make serve · make notebooks · make bench · make bench-quick · make screenshots · make lint
# · make clean
#
# Everything goes into the active virtual environment, or into .venv, which is made when none is active.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup book browser test serve notebooks bench bench-quick screenshots lint clean

VENV := $(or $(VIRTUAL_ENV),.venv)
PY := $(VENV)/bin/python
REQUIREMENTS := requirements.txt constraints.txt requirements-nodeps.txt pyproject.toml
# Named after what is installed and for which checkout: a change of either installs again, nothing else does.
STAMP := $(VENV)/.rnnlib-$(shell { cat $(REQUIREMENTS); pwd; } | cksum | cut -d' ' -f1)
PIP := $(PY) -m pip --disable-pip-version-check
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PORT ?= 8000
BENCHMARKS := speed language_models experiments translation width beam page weight

help:
	@echo "make book         build the book into _build/html"
	@echo "make test         build the book, then run every test: unit, property, parity, notebooks, browser"
	@echo "make serve        build the book and serve it at http://localhost:$(PORT)/"
	@echo "make notebooks    write the .ipynb beside each chapter anew"
	@echo "make bench        measure and store all that the Benchmarks page shows: about four and a half hours"
	@echo "make bench-quick  repeat a sample of it, store nothing: some minutes"
	@echo "make screenshots  take the pictures of README anew"
	@echo "make lint         check style"
	@echo "make clean        remove what was built, and .venv"

$(PY):
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if $$python -c '$(IS_NEW_ENOUGH)' 2>/dev/null; then \
	    echo "Making a virtual environment in $(VENV) with $$($$python --version) ..."; \
	    exec $$python -m venv "$(VENV)"; \
	  fi; \
	done; \
	echo "Python 3.11 or later is needed, and python3 is $$(python3 --version 2>&1)." >&2; \
	echo "Install one, or name it: make book PYTHON=/path/to/python3.11" >&2; exit 1

$(STAMP): | $(PY)
	@$(PY) -c '$(IS_NEW_ENOUGH)' || { \
	  echo "Python 3.11 or later is needed; $(VENV) has $$($(PY) --version 2>&1)." >&2; exit 1; }
	@$(PIP) --version >/dev/null 2>&1 || $(PY) -m ensurepip --default-pip
	@echo "Installing the pinned packages in $(VENV), which takes minutes the first time ..."
	@$(PIP) install --quiet -r requirements.txt
	@$(PIP) install --quiet --no-deps -r requirements-nodeps.txt
	@rm -f $(VENV)/.rnnlib-* && touch $@

setup: $(STAMP)

book: setup
	@$(PY) -m rnnlib.book.build

browser: setup
	@$(PY) tests/get_browser.py

# One thread, as in the book: see rnnlib/book/execution.py. A file's tests, and a notebook's cells, stay together.
test: book browser
	@OMP_NUM_THREADS=1 $(PY) -m pytest --nbval -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder tests chapters

serve: book
	@echo "Serving at http://localhost:$(PORT)/ until Ctrl-C"
	@$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

notebooks: setup
	@$(PY) -m rnnlib.book.twins

bench: book browser
	@status=0; for part in $(BENCHMARKS); do $(PY) -m benchmarks.$$part || status=1; done; exit $$status

bench-quick: book browser
	@status=0; for part in $(BENCHMARKS); do $(PY) -m benchmarks.$$part --quick || status=1; done; exit $$status

screenshots: book browser
	@$(PY) -m benchmarks.screenshots

lint: setup
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

clean:
	rm -rf _build build rnnlib.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .venv
	find . -name __pycache__ -prune -exec rm -rf {} +
