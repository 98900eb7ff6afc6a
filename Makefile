# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help

# The parts of the test that carry the name of their target
PARTS := lint unit docs ansible-lint examples secrets playbooks package sanity python39 versions molecule postfix \
  resilience page integration mailhost

.PHONY: help demo test test-demo $(PARTS) oracle fuzz bench format generate screenshots links matrix release clean

help: ## List the targets
	@grep -hE '^[a-z0-9 -]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: ## Provision a config directory on this machine (default: CONFIG_DIR=demo/config)
	@scripts/environment demo
	@demo/run

test: ## Run all tests, with all that they need
	@scripts/test

lint: ## Check the style, the types, the licences and the changelog
unit: ## Test the core on real directories
docs: ## Check the documentation, and build its site into .build/site
ansible-lint: ## Check the role, the playbooks and the examples
examples: ## Run the examples of the documentation
secrets: ## Search all output for passwords and hashes
python39: ## Run the unit tests on Python 3.9
versions: ## Run the modules and the role on each ansible-core
package: ## Build the collection, install it and use it elsewhere
sanity: ## Run the sanity tests of ansible-test
playbooks: ## Audit and export sample directories
molecule: ## Apply the role to this machine
postfix: ## Compare routes with those of a real Postfix
resilience: ## Kill, fail, fill and race what writes
page: ## Use the page of the audit in a real browser
integration: ## Run the modules through ansible-test
mailhost: ## Log in and deliver mail on real mail hosts
$(PARTS):
	@scripts/test $@

test-demo: ## Run the demo twice and look at its result
	@scripts/test demo

oracle: ## Compare the imitation of docker-mailserver with its own scripts
	@scripts/environment test
	@.venv/bin/python tests/oracle/run.py

fuzz: ## Look for hostile content for ten minutes (SECONDS=N, INPUTS=N)
	@scripts/environment test
	@scripts/environment fuzz
	@.venv/bin/python tests/fuzz/run.py --seconds $(or $(SECONDS),600) $(if $(INPUTS),--inputs $(INPUTS))

bench: ## Measure the speed as ratios, into docs/speed.md (AGAINST=COMMIT: to another version)
	@scripts/environment test
	@scripts/environment bench
	@.venv/bin/python tests/bench/run.py $(if $(AGAINST),--against $(AGAINST),--write)
	@.venv/bin/python scripts/generate.py

format: ## Format the Python code
	@scripts/environment test
	@.venv/bin/ruff check --select I --fix --quiet
	@.venv/bin/ruff format

generate: ## Write what stands in several places, each from its one source
	@scripts/environment test
	@.venv/bin/python scripts/generate.py

screenshots: ## Take the pictures of the audit page anew
	@scripts/environment test
	@.venv/bin/python tests/page/screenshots.py

matrix: ## Run units and sanity on each ansible-core, with its oldest and newest Python (CORE=N: on one)
	@scripts/environment test
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python scripts/run_matrix.py $(CORE)

links: ## Check the links that lead out of the site, with a network
	@scripts/environment test
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.build/collections scripts/build-site --external

release: ## Write the changelog of the version in galaxy.yml, build it and import it as Galaxy does
	@scripts/environment test
	@PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python scripts/release.py

clean: ## Remove all that the scripts and the tools made
	@rm -rf --one-file-system .ansible .build .hypothesis .mypy_cache .pytest_cache .ruff_cache .venv \
	  collections demo/config mailops-dms-*.tar.gz tests/output
