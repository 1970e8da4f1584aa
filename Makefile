# The commands of the README. Each makes .venv first where it is missing or the lock changed.
.DEFAULT_GOAL := help
.PHONY: help run demo check test bench campaign badday lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## watch the real venues (public data: no key, no account)
	@scripts/venv run
	@.venv/bin/arbedge run

demo: ## the same against simulated exchanges on this machine
	@scripts/venv run
	@.venv/bin/arbedge demo

check: ## lint, types, house rules
	@scripts/venv dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/pytest -q tests/architecture

test: check ## check and every test: what CI runs
	.venv/bin/pytest -q -n 2 -m "not serial" --ignore=tests/architecture
	.venv/bin/pytest -q -m serial

bench: ## ratios against reference implementations, saved to benchmarks/results
	@scripts/venv dev
	.venv/bin/python -m benchmarks

campaign: ## recall and precision over 20 seeds of four simulated venues, written to docs/reference/accuracy.md
	@scripts/venv dev
	.venv/bin/python -m tests.campaign

badday: ## a quarter of an hour of faults of four simulated venues: what is shown, how fast all comes back, whether memory is flat
	@scripts/venv dev
	.venv/bin/python -m tests.chaos.bad_day

lock: ## renew the locks from pyproject.toml
	@scripts/venv dev
	scripts/lock

clean: ## remove what make made
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
