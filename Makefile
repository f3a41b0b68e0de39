# Everything a person needs, from a fresh clone. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TRAIN := $(VENV)-train/.ready
VIDEO ?= demo/sample/lecture.mp4
TO ?= fr,es,de
OUT ?= out
# Processes, each with services of its own: most tests wait for a broker more than for a processor.
PROCESSES ?= 2
MANY := -n $(PROCESSES) --dist loadfile
SLOW ?= slow and not train

.PHONY: help setup demo demo-kafka test test-slow test-train check bench bench-long chaos image clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(READY) ## make the environment in .venv

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $(READY)

$(TRAIN): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)-train
	$(VENV)-train/bin/python -m pip install --quiet --upgrade "pip>=25"
	$(VENV)-train/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,train]"
	touch $(TRAIN)

demo: $(READY) ## subtitles of VIDEO (default: the sample lecture) in OUT
	$(BIN)/chalkstream run "$(VIDEO)" --to $(TO) --out "$(OUT)"
	@ls -1 "$(OUT)"

demo-kafka: $(READY) ## the same on real Kafka and MinIO (needs Java, Maven and Go, no Docker)
	$(BIN)/python -m streams.demo "$(VIDEO)" "$(TO)" "$(OUT)"

test: $(READY) ## all tests but the slow ones (about 11 minutes)
	$(BIN)/python -m pytest $(MANY) -m "not slow and not train"

test-slow: $(READY) ## the tests that take longer: kills, restarts, full disks, the page in a browser (about 12 minutes)
	$(BIN)/python -m pytest $(MANY) -m "$(SLOW)"

test-train: $(TRAIN) ## a smoke run of every trainer, in an environment of its own (torch: 5 GB)
	$(VENV)-train/bin/python -m pytest -m train

check: $(READY) ## style, types, imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure speed, memory and quality against what a user would write (up to 40 minutes)
	$(BIN)/python -m bench

bench-long: $(READY) ## the arms that need hours of audio
	$(BIN)/python -m bench long

chaos: $(READY) ## uploads while workers are killed, compared with a quiet run (CHAOS=--short for four minutes)
	$(BIN)/python -m bench.chaos $(CHAOS)

image: ## build the container image without an engine and try it (root, buildah, debootstrap)
	sh infra/compose/build-image.sh

clean: ## remove the environment and outputs
	rm -rf $(VENV) $(VENV)-train out bench/out
