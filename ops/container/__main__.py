"""`python -m ops.container setup|asterisk`: what the containers setup and asterisk run."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ops.console import complain
from ops.container.settings import load
from ops.container.setup import serve_asterisk, set_up
from ops.errors import OpsError, explain


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ops.container")
    parser.add_argument("command", choices=["setup", "asterisk"])
    command = parser.parse_args(arguments).command
    try:
        if command == "setup":
            os.umask(0o027)
            set_up(load())
        else:
            serve_asterisk(Path(os.environ.get("HOTLINE_HOME", "/hotline")))
    except OpsError as error:
        complain(f"{command}: {error}")
    except OSError as error:
        complain(f"{command}: {explain(error)}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
