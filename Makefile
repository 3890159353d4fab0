# make book · make test · make unit · make lab-test · make colab · make serve · make notebooks · make bench
# · make bench-quick · make screenshots · make lint · make spell · make types · make links
# · make package · make audit · make clean
#
# Everything goes into the active virtual environment, or into .venv, which is made when none is active.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup release book browser test unit lab-test colab serve notebooks bench bench-quick screenshots lint \
  spell types links links-online package package-lowest package-fresh audit clean

VENV := $(or $(VIRTUAL_ENV),.venv)
PY := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts/python.exe,bin/python)
REQUIREMENTS := requirements.txt constraints.txt requirements-nodeps.txt pyproject.toml
# Named after what is installed and for which checkout: a change of either installs again, nothing else does.
STAMP := $(VENV)/.rnnlib-$(shell { cat $(REQUIREMENTS); pwd; } | cksum | cut -d' ' -f1)
RELEASE := $(VENV)/.release-$(shell cat requirements-release.txt constraints.txt | cksum | cut -d' ' -f1)
PIP := $(PY) -m pip --disable-pip-version-check
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PORT ?= 8000
# What needs no built book; on Windows, nothing of Unix's file rights.
UNIT := not built$(if $(filter Windows_NT,$(OS)), and not posix)
BENCHMARKS := speed language_models experiments translation width beam page weight

help:
	@echo "make book         build the book into _build/html"
	@echo "make test         build the book, then run every test: unit, property, parity, notebooks, browser"
	@echo "make unit         the tests that need neither the built book nor a browser: some minutes"
	@echo "make lab-test     every widget in a real JupyterLab and Notebook 7, in an environment of their own"
	@echo "make colab        every notebook in an environment shaped like Colab's: some ten minutes"
	@echo "make serve        build the book and serve it at http://localhost:$(PORT)/"
	@echo "make notebooks    write the .ipynb beside each chapter anew"
	@echo "make bench        measure and store all that the Benchmarks page shows: about four and a half hours"
	@echo "make bench-quick  repeat a sample of it, store nothing: some minutes"
	@echo "make screenshots  take the pictures of README anew"
	@echo "make lint         check style"
	@echo "make spell        check spelling, and the prose against our list of style"
	@echo "make types        check types (mypy, strict)"
	@echo "make links        check how links out of the book are written; make links-online asks their servers"
	@echo "make package      build wheel and sdist into dist, and try the wheel alone (also: make package-lowest, with"
	@echo "                  the oldest packages that are allowed; make package-fresh, with all fetched anew)"
	@echo "make audit        look for known vulnerabilities of the installed packages"
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

unit: setup
	@OMP_NUM_THREADS=1 $(PY) -m pytest -m "$(UNIT)" -n logical --maxprocesses 4 --dist loadfile --ignore tests/browser tests

# Each in an environment of its own, made once for its pins and kept in _build/clients.
lab-test: browser
	@$(PY) tests/clients/environments.py jupyterlab
	@OMP_NUM_THREADS=1 $(PY) -m pytest tests/clients/in_jupyterlab.py

colab: setup
	@$(PY) tests/clients/environments.py colab
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 tests/clients/in_colab.py

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

spell: setup
	@$(PY) -m codespell_lib && $(PY) tests/prose.py

types: setup
	@$(PY) -m mypy

links: setup
	@$(PY) tests/links.py

links-online: setup
	@$(PY) tests/links.py --online

$(RELEASE): $(STAMP)
	@$(PIP) install --quiet -r requirements-release.txt
	@rm -f $(VENV)/.release-* && touch $@

release: $(RELEASE)

package: release
	@$(PY) tests/packaging/check.py

package-lowest: release
	@$(PY) tests/packaging/check.py --lowest

package-fresh: release
	@$(PY) tests/packaging/check.py --fresh

audit: release
	@$(PY) -m pip_audit --local --skip-editable --progress-spinner off

clean:
	rm -rf _build build dist rnnlib.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis .venv
	find . -name __pycache__ -prune -exec rm -rf {} +
