# Loupe. A bare `make` lists what there is.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SEEDS ?= 100000
START ?= 0
PROFILE ?= mild
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check format chaos chaos-real bench bench-intake bench-models bench-color bundle fuzz lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the virtual environment and install the locked requirements

$(STAMP): requirements.txt
	@$(PYTHON) tools/require_python.py
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked requirements into $(VENV) (first time: about 300 MB of downloads) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@touch $@

demo: setup ## analyse sample photos on the local cloud and show the results
	@$(PY) -m loupe demo

up: setup ## start the local cloud and the functions; Ctrl-C stops them
	@$(PY) -m loupe up

test: setup check ## run every check and test
	@$(PY) -m pytest $(ARGS)

check: setup ## lint, format and type checks
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup ## put the code into the house format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

chaos: setup ## run the job protocol under faults: SEEDS=100000 START=0 PROFILE=mild|harsh
	@$(PY) -m tools.chaos --seeds $(SEEDS) --start $(START) --profile $(PROFILE) $(ARGS)

chaos-real: setup ## play the fault matrix on real processes: ARGS="--rows 4,5 --seed 7 --json"
	@$(PY) -m tools.chaos_real $(ARGS)

bench: setup ## measure everything, or ARGS=stack; tables on screen, JSON in bench-out/
	@$(PY) -m tools.bench $(ARGS)

bundle: setup ## write what is deployed to dist/: one zip per function
	@$(PY) -m tools.bundle $(ARGS)

bench-intake: setup ## measure the intake, beside sharp and the Firebase extension
	@$(PY) -m tools.bench intake

bench-models: setup ## measure models: loading, preparing pictures, a job of three photos
	@$(PY) -m tools.bench models

fuzz: setup ## judge damaged photos in great numbers: ARGS="--photos 5000 --start 0"; what breaks is kept in fuzz-out/
	@$(PY) -m tools.fuzz $(ARGS)

bench-color: setup ## measure colour correction beside cv2.ccm and a plain 3x3; tables in Markdown
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m tools.color $(ARGS)

lock: setup ## resolve functions/*/requirements.txt and requirements.in into requirements.txt
	@$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" requirements.in functions/*/requirements.txt -o requirements.txt

clean: ## remove everything that was made here
	@rm -rf $(VENV) .loupe demo-out loupe-out bench-out model-out dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
