# Everything runs in a virtual environment of the project's own, made from the
# lock files, so that a fresh clone needs git, Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: schema demo test lint types imports generated catalogues check lock clean pictures snapshots bench-link bench-limits bench-console bench-log limits-long kills soak bench-audit audit-pictures report-pictures

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.runtime
	$(PIP) install --require-hashes -r requirements/bench.txt
	touch $@

## demo: a session on the simulator; in the console where there is a terminal
demo: $(VENV)/.runtime
	@$(BIN)/injector demo

## test: the whole suite
test: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist loadgroup

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

## generated: what is made from the code is what the code says now
generated: $(VENV)/.dev
	$(BIN)/python docs/make_states.py --check
	$(BIN)/python docs/make_risk.py --check
	$(BIN)/python docs/make_catalogues.py --check
	$(BIN)/injector library schema | diff -u injector/limits/library.schema.json -
	$(BIN)/injector config schema | diff -u injector/tui/settings.schema.json -

## schema: the JSON Schemas of libraries and of the config file, from the models that read them
schema: $(VENV)/.dev
	$(BIN)/injector library schema > injector/limits/library.schema.json
	$(BIN)/injector config schema > injector/tui/settings.schema.json

## catalogues: what people read in every language, from the code and the shipped library
catalogues: $(VENV)/.dev
	$(BIN)/python docs/make_catalogues.py

## bench-link: the wire beside pymodbus and bare pyserial, and the way of STOP
bench-link: $(VENV)/.bench
	$(BIN)/python -m benchmarks.link

## bench-limits: what a verdict costs, and that it does not grow with the library
bench-limits: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.limits

## bench-console: the console's first paint, and what it costs while shots come fast
bench-console: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.console

## bench-log: what writing, reading and verifying a log of a million entries cost
bench-log: $(VENV)/.runtime
	$(BIN)/python -m benchmarks.log

## bench-audit: the auditor's web over a log of a million entries
bench-audit: $(VENV)/.dev
	$(BIN)/python -m benchmarks.audit

## check: all that CI asks for
check: lint types imports generated test

## limits-long: the limits against an evaluator written from the text, on 100,000 drawn libraries
limits-long: $(VENV)/.dev
	$(BIN)/python -m tests.limits.long --examples 100000 --seed 1

## kills: host and gun killed with SIGKILL 300 times each, on a real pty and a real file
kills: $(VENV)/.dev
	$(BIN)/python -m tests.processes.kill --host 300 --gun 300 --seed 1

## soak: the whole house in virtual time under drawn faults, 2,000 seeds of 200 shots
soak: $(VENV)/.dev
	$(BIN)/injector soak --seeds 2000 --shots 200

## snapshots: the console's screens as the tests keep them, drawn anew; look at the diff
snapshots: $(VENV)/.dev
	rm -rf tests/tui/snapshots
	WRITE_SNAPSHOTS=1 $(BIN)/pytest -n 2 -q tests/tui/test_snapshots.py
	git diff --stat -- tests/tui/snapshots

## pictures: the console's pictures in the documentation, made from the running program
pictures: $(VENV)/.dev
	$(BIN)/python docs/make_pictures.py

## audit-pictures: the auditor's web in the documentation; needs chromium
audit-pictures: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python docs/make_audit_pictures.py

## report-pictures: the reports in the documentation; needs chromium
report-pictures: $(VENV)/.dev
	PYTHONPATH=. $(BIN)/python docs/make_report_pictures.py

## lock: write the lock files anew from pyproject.toml
lock:
	test -x build/uv/bin/uv || { $(PYTHON) -m venv build/uv && build/uv/bin/pip install --quiet uv; }
	printf 'hatchling\neditables\n' > build/backend.in
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate pyproject.toml build/backend.in -o requirements/runtime.txt
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --extra dev --extra bench --extra audit --extra pdf -c requirements/runtime.txt pyproject.toml build/backend.in -o requirements/dev.txt
	build/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --extra bench -c requirements/runtime.txt pyproject.toml build/backend.in -o requirements/bench.txt

clean:
	rm -rf $(VENV) build dist
