"""Becomes one program of an instance with the right settings: what supervisord runs (`python -m ops.launch voice`)."""

import os
import sys

from ops.home import MARK, Home, default_folder, service_environment
from ops.parts import asterisk_command
from ops.postgres import start_command


def command(home: Home, program: str) -> list[str]:
    """Return the command line of a program."""
    if program == "postgres":
        return start_command(home.postgres_data, home.ports["postgres"], durable=home.durable)
    if program == "asterisk":
        return asterisk_command(home)
    return [sys.executable, "-m", {"voice": "agi_scripts", "web": "api"}[program]]


BESIDE = {"postgres": 5}
"""How nice a program is: a phone that rings does not wait for what is written down about the call."""


def main() -> None:
    """Replace this process by the program."""
    home = Home.load(default_folder())
    program = sys.argv[1]
    os.umask(0o027)
    os.nice(BESIDE.get(program, 0))
    environment = service_environment(home) | home.env(program) | {MARK: home.id}
    line = command(home, program)
    os.execvpe(line[0], line, environment)  # noqa: S606 - a program of the project, no shell


if __name__ == "__main__":
    main()
