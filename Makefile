# Every target sets itself up: only Python 3.11 or newer and make are needed.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test lint types unit bench data docs clean

demo: $(STAMP) ## scan the sample templates, then a mocked account that refuses one service
	@$(BIN)/dbguard scan sample_templates || test $$? -eq 1
	@echo
	@$(BIN)/dbguard live --mock sample_accounts/shop.yaml || test $$? -eq 3

test: $(STAMP) lint types unit ## lint, types and every test

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/dbguard policies test
	$(BIN)/pytest -n auto

bench: $(STAMP) ## times against the floor and against cfn-lint, in one run
	$(BIN)/python bench/bench.py --cfn-lint

data: $(STAMP) ## write anew the data files that cfn-lint holds
	$(BIN)/python -m dbguard.facts

docs: $(STAMP) ## regenerate what is generated from the policy files and the command line
	$(BIN)/python -m dbguard.docs

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(STAMP): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q src
	@touch $(STAMP)
