# Every target runs in the environment that ./bondgate makes from requirements.lock.

SHELL := /bin/sh
PYTHON := .venv/bin/python
TREE := $(PYTHON) -P -m
export PYTHONPATH := $(CURDIR)
.DEFAULT_GOAL := help
.PHONY: help demo up down status reset environment portal format check unit test fuzz faults shots contracts clients lock cards verify bench

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: ## Start everything, play one business on one 账册 to its end; EXIT=1 ends by itself, CARD=virtual lets a card sign
	@./bondgate demo $(if $(filter-out 0,$(EXIT)),--exit) $(if $(CARD),--card $(CARD))

up: ## Start the platform and return when it serves
	@./bondgate up

down: ## Stop it; state stays
	@./bondgate down

status: ## Every process with its health
	@./bondgate status

reset: ## Stop it and throw its state away; fetched packages stay
	@./bondgate reset

environment:
	@./bondgate --version

portal: environment ## Build the web page from its lock; skipped when nothing changed
	@$(TREE) local.portal build

format: environment ## Format the code
	@$(TREE) ruff format .
	@$(TREE) ruff check --fix .

check: environment ## Format, lint, strict types, imports, house rules, contracts: under a minute when warm
	@$(TREE) ruff format --check .
	@$(TREE) ruff check .
	@$(TREE) mypy
	@.venv/bin/lint-imports --config pyproject.toml
	@$(TREE) tools.rules
	@.venv/bin/squawk 'services/*/migrations/*.sql' 'backbone/migrations/*.sql'
	@$(TREE) tools.verify
	@$(TREE) local.portal check

unit: environment ## The tests that need no server
	@$(TREE) tools.test unit contract simulator portal

test: environment ## Every test on real PostgreSQL and Kafka, with counts per room
	@$(TREE) tools.test

fuzz: environment ## Requests made up from OpenAPI against the services, many each; EXAMPLES=100 and SEED=1 choose
	@BONDGATE_TEST_FUZZ=$(or $(EXAMPLES),100) BONDGATE_TEST_FUZZ_SEED=$(or $(SEED),1) \
		$(TREE) pytest tests/integration/*/test_fuzz.py -q --timeout 0 --show-capture=no

faults: environment ## Documents signed by cards that are pulled, stuck, killed; DOCUMENTS=1000 and SEED=1 choose
	@BONDGATE_TEST_FAULTS=$(or $(DOCUMENTS),1000) BONDGATE_TEST_FAULTS_SEED=$(or $(SEED),1) \
		$(TREE) pytest tests/integration/signer/test_faulty_cards.py -q --timeout 0 -s

shots: environment ## Pictures of every page in every state, light and dark, two sizes, in .bondgate-test/shots
	@$(TREE) pytest tests/browser/pictures.py -q --timeout 0

contracts: environment ## Write everything that is generated from the contracts
	@$(TREE) tools.contracts

clients: environment ## Generate a Python client from OpenAPI, compile it and check its types; needs the network once
	@$(TREE) tools.clients

lock: environment ## Pin the dependencies of pyproject.toml again; what is pinned stays unless it must move
	@.venv/bin/uv pip compile -q pyproject.toml --group embedded --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements.lock
	@.venv/bin/uv pip compile -q --group pyproject.toml:cards --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url -o requirements-cards.lock

cards: environment ## Build what speaks with PC/SC readers into the environment; says what the machine lacks for it
	@$(PYTHON) -I local/environment.py $(CURDIR) --cards

verify: environment ## Fail where generated files differ, or a released contract was broken
	@$(TREE) tools.verify

bench: environment ## Benchmarks, each beside its floor; NAME=save,declare… chooses
	@$(TREE) bench $(subst $(comma), ,$(NAME))

comma := ,
