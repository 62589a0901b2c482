# Everything is reached from here; each target brings what it needs into .venv and .local first.
#   make up       build, start and wait until the hotline answers      make call   place a test call (CALLS=40, SCREEN=1)
#   make down     stop it              make status, make logs          make test   every test; make check: the quick ones
#   make bench    the engine beside Asterisk's own queue and menus, about 12 minutes (QUICK=1: does the bench work?)
# PYTHON=... chooses the interpreter (3.11 to 3.13), HOTLINE_HOME=... another instance folder,
# HOTLINE_PORT_BASE=... its ports, DATABASE_URL=... an existing PostgreSQL.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help up down status logs test check call bench deps lock

# The system's own interpreter first: services run as a user who may not be able to enter another user's home folder.
PYTHON ?= $(shell for candidate in /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 \
	/usr/local/bin/python3.11 /usr/local/bin/python3.12 /usr/local/bin/python3.13 \
	python3.13 python3.12 python3.11 python3; do \
	if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	then echo "$$candidate"; break; fi; done)

VENV := .venv/bin/python

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -n 7

deps:
	@if [ -z "$(PYTHON)" ]; then \
	echo "make: Python 3.11, 3.12 or 3.13 is needed; on Debian or Ubuntu: apt install python3, or python3.13 where python3 is newer; or name one: make PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -m ops.bootstrap

up down status logs: deps
	@$(VENV) -m ops $@

call: deps
	@CALLS="$(CALLS)" SCREEN="$(SCREEN)" $(VENV) -m ops.call

bench: deps
	@$(VENV) -m ops.bench $(if $(QUICK),--quick)

check: deps
	@$(VENV) -m ops.check

test: deps
	@$(VENV) -m ops.check --everything

lock: deps
	@$(VENV) -m ops.bootstrap --lock
