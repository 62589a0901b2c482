"""`python -m db`: migrate the database, seed the demonstration city, give an agent a new password."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, update
from sqlalchemy.exc import SQLAlchemyError

from db.address import DatabaseAddressError, find_address, parse_address
from db.engine import DatabaseAwayError, open_database
from db.explain import explain
from db.migrate import migrate
from db.passwords import generate_password, hash_password
from db.seed import seed
from db.tables import Agent


def build_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m db", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema up to date")
    seeding = commands.add_parser("seed", help="write what is missing of the demonstration city")
    seeding.add_argument("--passwords", type=Path, required=True, help="file for the passwords of new agents")
    changing = commands.add_parser("password", help="give an agent a new random password and print it")
    changing.add_argument("agent")
    return parser


async def new_password(url: URL, agent_id: str) -> str | None:
    """Store a new random password; return it, or None when nobody has this staff number."""
    database = open_database(url, pool_size=1)
    password = generate_password()
    hashed = await asyncio.to_thread(hash_password, password)
    try:
        async with database.write() as session:
            change = update(Agent).where(Agent.id == agent_id).values(password_hash=hashed).returning(Agent.id)
            found = await session.scalar(change)
    finally:
        await database.close()
    return password if found else None


async def run(arguments: argparse.Namespace, url: URL) -> str:
    """Do what was asked; return the line to print."""
    match arguments.command:
        case "migrate":
            await migrate(url)
            return "database: schema is up to date"
        case "seed":
            created = await seed(url, arguments.passwords)
            return f"database: {len(created)} agents created" if created else "database: already seeded"
        case _:
            password = await new_password(url, arguments.agent)
            if password is None:
                sys.exit(f"error: nobody has the staff number {arguments.agent!r}; GET /api/agents lists them")
            return password


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when done, 2 with one line on stderr when the database cannot be used."""
    arguments = build_parser().parse_args(argv)
    try:
        url = parse_address(find_address())
    except DatabaseAddressError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    try:
        line = asyncio.run(run(arguments, url))
    except (OSError, SQLAlchemyError, DatabaseAwayError) as error:
        sys.stderr.write(f"error: {explain(error, url)}\n")
        return 2
    sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
