# The one door to the project. `make` alone tells what there is.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Tests run two files at a time, begun in the order of collection, which puts the longest first. A
# worker that dies ends the run, which names its test: with a new one in its place it would hang.
TWO := -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
NBVAL := -p no:cacheprovider --nbval --nbval-current-env --nbval-cell-timeout=120
# Minutes each: Ray takes half a minute to start on two cores.
WITH_RAY := tests/test_offline_ray.py tests/test_offline_proofs.py
IN_BROWSER := -n 2 --dist loadgroup --max-worker-restart 0 tests/test_browser.py
# The book under its other name: build/html/index.html opens it too.
LINK := rm -rf build/html && ln -s book build/html

MODEL = embedded
SQUAD = mini
SAMPLES = 1000
DEVICE = cpu
SEQ = 128
STRIDE = 128
QUESTIONS = 0
RUNGS = all
SWEEP = 1
WARMUP = 10
SEED = 0
STEPS = 0
FUZZ = 1000000
SOAK = 5
PRECISION = fp32
WORKERS = 0
THREADS =
OUT =
# They reach the command through its environment, so that neither make nor the shell reads a $, a
# quote or a blank in them; what the caller's environment holds under these names does not count.
SETTINGS := MODEL SQUAD SAMPLES DEVICE SEQ STRIDE QUESTIONS RUNGS SWEEP STEPS FUZZ SOAK
SETTINGS += PRECISION WORKERS THREADS OUT WARMUP SEED
$(foreach name,$(SETTINGS),$(eval override $(name) := $$(value $(name))))
export $(SETTINGS)

export TOKENIZERS_PARALLELISM ?= false
export HF_HUB_DISABLE_TELEMETRY ?= 1
export ORT_DISABLE_TELEMETRY ?= 1
export HF_HUB_DISABLE_PROGRESS_BARS ?= 1
export JUPYTER_PLATFORM_DIRS ?= 1
# Set in a notebook that Jupyter's server runs; where make runs chapters, nobody looks at a frame.
unexport JPY_SESSION_NAME

.DEFAULT_GOAL := help
.PHONY: help setup run book test browser faults fuzz cluster soak lab bench score model rerun clean

help:  ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "make bench MODEL=embedded SQUAD=mini SAMPLES=1000 DEVICE=cpu SEQ=128 STRIDE=128 QUESTIONS=0 RUNGS=all SWEEP=1 WARMUP=10 SEED=0"
	@echo "  MODEL      embedded, bert-large, bert-large-random, a folder, or a hub name"
	@echo "  SQUAD      mini, dev, or the path of a SQuAD v1.1 file"
	@echo "  SAMPLES    timed runs of each rung, a whole number from 1"
	@echo "  DEVICE     cpu or cuda"
	@echo "  SEQ        tokens of a window; STRIDE: tokens by which windows advance at most"
	@echo "  QUESTIONS  how many of the file's questions are used, the first ones; 0: all"
	@echo "             (BERT-large on all of dev takes hours on a CPU: try QUESTIONS=200)"
	@echo "  RUNGS      all, quick, or short names with commas between, such as torch-eager,ort-fused"
	@echo "  SWEEP      1: also limits, batch, length and whole files; 0: latency and accuracy alone"
	@echo "  WARMUP     runs of each rung that are thrown away; SEED: of the runs' order"
	@echo "  THREADS    inside one operator, a processor each if not given; OUT: folder of results"
	@echo "make score MODEL=embedded SQUAD=mini DEVICE=cpu PRECISION=fp32 WORKERS=0 THREADS=1 OUT=build/score/..."
	@echo "  SQUAD      also sized (10,570 questions, made when missing), or a folder of shards"
	@echo "  PRECISION  fp32 or int8; WORKERS: sessions, 0: one for each core; THREADS: of each"
	@echo "  OUT        folder of results; killed and started again, it does only what is missing"
	@echo "  RAY_ADDRESS=HOST:PORT in the environment: on that Ray cluster instead of here"
	@echo "make model STEPS=0 DEVICE=cpu"
	@echo "  STEPS      of training; 0: the plan's, 5,000, 21 minutes on two cores of a Zen 4; the shipped weights took 27000"
	@echo "make setup PYTHON=python3.12   picks another Python (3.11 or newer)"

setup: $(STAMP)  ## make .venv and install what requirements.txt lists

# A Python named on the command line that is not the one behind .venv: make .venv anew.
ifeq ($(origin PYTHON),command line)
BEHIND := -c 'import sys; print(sys.base_prefix, sys.version_info[:3])' 2>/dev/null
OTHER := $(shell \
  command -v $(PYTHON) >/dev/null || echo another-python; \
  test -x $(BIN)/python && asked="$$($(PYTHON) $(BEHIND))" && made="$$($(BIN)/python $(BEHIND))" \
  && test "$$asked" != "$$made" && echo another-python; true)
$(STAMP): $(OTHER)
endif
.PHONY: another-python
another-python:

$(STAMP): requirements.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { \
	  echo "error: PYTHON=$(PYTHON): no such command; install Python 3.11 or newer, or name one: make setup PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is `$(PYTHON) --version 2>&1`; the project needs Python 3.11 or newer: make setup PYTHON=python3.11" >&2; exit 2; }
	@echo "setting up .venv (a few minutes, once)"
	@test -z "$(filter another-python,$^)" && $(BIN)/python -m pip --version >/dev/null 2>&1 \
	  || $(PYTHON) -m venv .venv --clear
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

run: setup  ## run every chapter, then the benchmark on the embedded model, and write build/book/
	@$(BIN)/python -m helpers.chapters run
	@$(BIN)/python -m helpers.benchmark --rungs quick --sweep 0
	@$(BIN)/python -m helpers.book build/executed
	@$(LINK)
	@echo && echo "Read build/book/index.html, or the chapters themselves: make lab"

book: setup  ## write build/book/ from the stored outputs of the chapters, without running them
	@$(BIN)/python -m helpers.book
	@$(LINK)

test: setup  ## ruff, pytest, every chapter in a real browser, and strict nbval over all chapters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest $(TWO) --ignore tests/test_browser.py $(WITH_RAY:%=--ignore %)
	$(BIN)/python -m pytest $(IN_BROWSER)
	$(BIN)/python -m pytest $(TWO) $(NBVAL) $$(ls -r notebooks/*.ipynb) notebooks/solutions

browser: setup  ## every chapter twice in JupyterLab in Chromium, and the site; pictures in build/shots/
	@SHOTS=build/shots $(BIN)/python -m pytest $(IN_BROWSER)

faults: setup  ## hostile inputs, and faults that are really caused: what was expected, what happened
	@PYTHONPATH=tests $(BIN)/python tests/faults.py

fuzz: setup  ## a million mutated files through the decoder: FUZZ= (needs pip install atheris)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || { \
	  echo "error: atheris is missing; install it: $(BIN)/python -m pip install atheris" >&2; exit 2; }
	@mkdir -p build/fuzz && $(BIN)/python tests/fuzz/corpus.py build/corpus
	@$(BIN)/python tests/fuzz/fuzz_wire.py "-runs=$$FUZZ" -max_len=2000 -print_final_stats=1 \
	  -artifact_prefix=build/ build/fuzz build/corpus

cluster: setup  ## the tests of make score on Ray itself: on clusters, killed, a node lost, ten times the data
	$(BIN)/python -m pytest tests/test_offline_cluster.py $(WITH_RAY)

soak: setup  ## the whole course SOAK= times in a row (5), and what each time leaves behind
	@PYTHONPATH=tests $(BIN)/python tests/soak.py "$$SOAK"

# Its list of files is the project, so that what chapters write to build/ can be opened there, and
# the address that it prints leads to the first chapter, where no browser opens by itself. For
# root, as whom one is in many containers, JupyterLab starts only when told so.
lab: setup  ## JupyterLab, opened at the first chapter
	$(BIN)/jupyter lab --ServerApp.root_dir=. $$(test "$$(id -u)" != 0 || echo --allow-root) --LabApp.default_url="/lab/tree/$$(ls notebooks/[0-9][0-9]*.ipynb | head -n 1)"

bench: setup  ## every rung: MODEL= SQUAD= SAMPLES= DEVICE= SEQ= STRIDE= QUESTIONS= RUNGS= SWEEP= ...
	@$(BIN)/python -m helpers.benchmark --model="$$MODEL" --squad="$$SQUAD" --samples="$$SAMPLES" \
	  --device="$$DEVICE" --seq="$$SEQ" --stride="$$STRIDE" --questions="$$QUESTIONS" \
	  --rungs="$$RUNGS" --sweep="$$SWEEP" --warmup="$$WARMUP" --seed="$$SEED" \
	  --threads="$${THREADS:-0}" --out="$$OUT"

score: setup  ## offline: a whole SQuAD, on all cores or a cluster: SQUAD= MODEL= PRECISION= WORKERS= OUT=
	@$(BIN)/python -m helpers.offline --model="$$MODEL" --squad="$$SQUAD" --device="$$DEVICE" \
	  --precision="$$PRECISION" --workers="$$WORKERS" --threads="$${THREADS:-1}" --out="$$OUT"

model: setup  ## train an embedded model and print its scores: STEPS= DEVICE=
	@$(BIN)/python -m helpers.training --steps="$$STEPS" --device="$$DEVICE"

rerun: setup  ## execute the chapters in place, to refresh their stored outputs
	@$(BIN)/python -m helpers.chapters rerun

clean:  ## remove what make has made
	rm -rf build .venv helpers/*.egg-info *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
