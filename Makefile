# The workshop. `make run` starts the product, `make test` proves it; `make help` lists the rest.

# The system's interpreter where it will do: distributions build theirs optimised, a fifth faster
# than what version managers compile, and keep it safe (docs/adr/0002-dependencies.md).
usable = $(shell $(1) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
           2>/dev/null && echo $(1))
PYTHON3 ?= $(or $(call usable,/usr/bin/python3),python3)
PY := .venv/bin/python
PACKAGES := accounts analytics audit bench core dashboard drill escalation incidents integrations \
            notifications opsknight postmortems schedules scripts services statuspage tests
SOURCES := manage.py $(wildcard $(PACKAGES))
TEMPLATES = $(shell find templates $(wildcard */templates) -name '*.html' 2>/dev/null)
# Checks load the settings; the secrets these create belong nowhere near real data.
CHECKING := OPSKNIGHT_DATA_DIR=build/check OPSKNIGHT_ENV_FILE=/dev/null OPSKNIGHT_TESTING=1

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test deps lint fmt css texts bench drill proof properties lock

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: install ## install, migrate and start everything (http://127.0.0.1:3000)
	@echo "==> bringing the database up to date"
	@$(PY) manage.py migrate --noinput --verbosity 0
	@echo "==> starting OpsKnight"
	@exec $(PY) manage.py up

install:
	@$(PYTHON3) scripts/install.py

install-dev:
	@$(PYTHON3) scripts/install.py --dev

test: install-dev ## run the suite on SQLite and PostgreSQL (DB=sqlite|postgres, ARGS="-k word")
	@exec $(PY) -m scripts.test --db "$(DB)" $(ARGS)

deps: ## install the Debian packages that tests, bench and drill use (as root)
	@scripts/deps.sh

lint: install-dev ## check style, types, layers, templates and the Dockerfile
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(if $(TEMPLATES),.venv/bin/djade --check --target-version 5.2 $(TEMPLATES))
	.venv/bin/lint-imports --config pyproject.toml
	$(CHECKING) $(PY) -m mypy $(filter-out tests,$(SOURCES))
	$(CHECKING) $(PY) manage.py makemigrations --check --dry-run
	@if [ -x .venv/bin/hadolint ]; then .venv/bin/hadolint Dockerfile && echo "Dockerfile is clean"; \
	else echo "hadolint has no build for this computer: the Dockerfile was not checked"; fi

fmt: install-dev ## put Python and templates into the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(if $(TEMPLATES),.venv/bin/djade --target-version 5.2 $(TEMPLATES))

css: ## rebuild the committed style sheet and vendored scripts (needs npm)
	@command -v npm >/dev/null || { echo "make css needs npm" >&2; exit 1; }
	cd frontend && npm ci --ignore-scripts --no-audit --no-fund && npm run build

texts: install-dev ## bring the words of messages in locale/ into step with the sources
	@$(PY) -m scripts.texts

bench: install-dev ## measure speed on both databases (ARGS=…)
	@exec $(PY) -m bench $(ARGS)

drill: install-dev ## kill processes while events flow and count what was lost (ARGS=…)
	@exec $(PY) -m drill $(ARGS)

PROOFS = tests/schedules/test_voices_agree.py tests/escalation/test_histories.py tests/incidents/test_histories.py
proof: install-dev ## 10,000 random instants of schedules, histories of escalations (ARGS=schedules|escalation)
	@OPSKNIGHT_PROOF_INSTANTS=10000 OPSKNIGHT_PROOF_HISTORIES=10000 \
	    $(PY) -m scripts.test --db "$(or $(DB),sqlite)" $(if $(filter escalation,$(ARGS)),$(filter %histories.py,$(PROOFS)),\
	    $(if $(filter schedules,$(ARGS)),$(filter %voices_agree.py,$(PROOFS)),$(PROOFS)))

properties: install-dev ## 200 examples for every property (`make test`: 20); every page in four windows
	@HYPOTHESIS_PROFILE=careful $(PY) -m scripts.test --db "$(or $(DB),sqlite)" -m "hypothesis or thorough" $(ARGS)

LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
lock: install ## pin requirements*.in (ARGS=--upgrade for newer versions)
	$(LOCK) $(ARGS) requirements-uv.in -o requirements-uv.lock
	$(LOCK) $(ARGS) requirements.in -o requirements.lock
	$(LOCK) $(ARGS) requirements-dev.in -c requirements.lock -o requirements-dev.lock
	@if grep -nE '://|--(index|find)' requirements*.lock; then echo "a lock names a host" >&2; exit 1; fi
