"""What `make check` and `make test` run, in order, stopping at the first red: `python -m ops.check [--everything]`."""

import os
import subprocess
import sys

from ops.console import complain, say, step
from ops.errors import OpsError
from ops.home import LOCAL
from ops.locks import only_one
from ops.parts import bring_tools, speak_prompts
from ops.users import PROJECT, become_owner
from ops.webbuild import build_page, check_page

QUICK = (
    ("Rules of style (ruff)", ("-m", "ruff", "check", ".")),
    ("Form (ruff format)", ("-m", "ruff", "format", "--check", ".")),
    ("Types (mypy --strict)", ("-m", "mypy")),
    ("Who imports whom (import-linter)", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
)


UNIT = ("-m", "pytest", "-q", "-n", "2", "tests/unit")  # nothing shared between them, and two cores are there
WHOLE = ("-m", "pytest", "-q", "tests/integration", "tests/e2e")


def main() -> int:
    """Return 0 when everything is green."""
    become_owner()
    everything = "--everything" in sys.argv[1:]
    with only_one(LOCAL / "check.lock", "checking the sources"):
        if not all(_green(title, command) for title, command in QUICK):
            return 1
    if not _green("Unit tests", UNIT):
        return 1
    return _the_whole() if everything else 0


def _the_whole() -> int:
    try:
        prepare()
    except OpsError as error:
        complain(f"red: {error}")
        return 1
    return 0 if _green("Tests with PostgreSQL, Asterisk, SIPp and a browser", WHOLE) else 1


def prepare() -> None:
    """Bring what the tests of the whole need, before any test's clock runs, and run the page's own tests."""
    with step("Bringing the programs this machine lacks"):
        bring_tools(["asterisk", "sipp", "chromium"])
        speak_prompts()
    build_page()
    with step("The page's own checks and tests (web/)"):
        check_page()


def _green(title: str, command: tuple[str, ...]) -> bool:
    say(f"==> {title}")
    result = subprocess.run([sys.executable, *command], cwd=PROJECT, env=dict(os.environ), check=False)
    if result.returncode != 0:
        complain(f"red: {title}")
    return result.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
