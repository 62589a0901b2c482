from pathlib import Path

from asterisk_conf.sources import Source, debian_sources, machine_sources, parse_deb822, parse_one_line

DEB822 = """\
# the main archive
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://inline.test/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_deb822_gives_each_pair_and_leaves_out_what_is_off() -> None:
    found = list(parse_deb822(DEB822))
    assert [(source.uri, source.suite) for source in found] == [
        ("http://mirror.test/debian", "bookworm"),
        ("http://mirror.test/debian", "bookworm-updates"),
        ("http://inline.test/debian", "bookworm"),
    ]
    assert found[0].signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert found[2].signed_by.startswith("-----BEGIN PGP")
    assert "\n\nabc\n" in found[2].signed_by


def test_one_line_lists_with_and_without_options() -> None:
    text = """
    # deb http://comment.test/debian bookworm main
    deb http://plain.test/debian bookworm main contrib # why
    deb [arch=amd64 signed-by=/k.gpg trusted=yes] https://options.test/debian bookworm main
    deb-src http://source.test/debian bookworm main
    """
    assert list(parse_one_line(text)) == [
        Source("http://plain.test/debian", "bookworm", ("main", "contrib")),
        Source("https://options.test/debian", "bookworm", ("main",), "/k.gpg", trusted=True),
    ]


def test_the_machine_s_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.test/debian trixie main\n")
    (tmp_path / "sources.list.d/b.list").write_text("deb http://two.test/x nodistro main\n")
    (tmp_path / "sources.list.d/a.sources").write_text(DEB822)
    assert len(machine_sources(tmp_path)) == 5


def test_a_debian_mirror_is_told_from_other_archives() -> None:
    others = [
        Source("https://hashes.test", "bookworm", ("main",)),
        Source("cdrom:[Debian]/", "bookworm", ("main",)),
        Source("https://docker.test/linux/debian", "bookworm", ("stable",)),
        Source("https://node.test/node", "nodistro", ("main",)),
        Source("http://mirror.test/debian-security", "bookworm-security", ("main",)),
    ]
    mirror = Source("http://mirror.test/debian/", "bookworm", ("main",))
    assert debian_sources([*others, mirror], "bookworm") == [mirror, others[0]]
    assert debian_sources([Source("http://m.test/debian", "newname", ("main",))], "newname")
    assert debian_sources(others[1:], "bookworm") == []
