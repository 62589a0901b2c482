from pathlib import Path

import pytest

from db.address import DatabaseAddressError, find_address, parse_address


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_usual_form_becomes_asyncpgs(scheme: str) -> None:
    url = parse_address(f" {scheme}://u:p@h:5433/hotline\n")
    assert url.render_as_string(hide_password=False) == "postgresql+asyncpg://u:p@h:5433/hotline"


def test_libpqs_tls_option_is_translated() -> None:
    assert parse_address("postgresql://h/hotline?sslmode=require").query == {"ssl": "require"}


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ("mysql://u@h/hotline", "PostgreSQL"),
        ("hotline", "not an address"),
        ("postgresql://h:port/hotline", "not an address"),
        ("postgresql://h", "no database"),
        ("", "not an address"),
    ],
)
def test_a_wrong_address_says_what_to_write(wrong: str, part: str) -> None:
    with pytest.raises(DatabaseAddressError) as caught:
        parse_address(wrong)
    assert part in str(caught.value)
    assert "postgresql://user:password@host:5432/hotline" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("postgresql://from/file\n")
    environ = {"HOTLINE_SECRETS_DIR": str(tmp_path)}
    assert find_address(environ) == "postgresql://from/file"
    assert find_address({**environ, "DATABASE_URL": "postgresql://from/variable"}) == "postgresql://from/variable"


def test_no_address_at_all_says_what_to_set(tmp_path: Path) -> None:
    for environ in ({}, {"HOTLINE_SECRETS_DIR": str(tmp_path)}):
        with pytest.raises(DatabaseAddressError, match="set DATABASE_URL"):
            find_address(environ)
