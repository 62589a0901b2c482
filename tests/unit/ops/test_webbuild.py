from pathlib import Path

from ops.webbuild import fingerprint


def page(folder: Path) -> Path:
    (folder / "src").mkdir()
    (folder / "src" / "main.ts").write_text("1")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "x.js").write_text("1")
    return folder


def test_a_changed_source_changes_the_fingerprint(tmp_path: Path) -> None:
    before = fingerprint(page(tmp_path))
    assert fingerprint(tmp_path) == before
    (tmp_path / "src" / "main.ts").write_text("2")
    assert fingerprint(tmp_path) != before


def test_a_renamed_source_changes_the_fingerprint(tmp_path: Path) -> None:
    before = fingerprint(page(tmp_path))
    (tmp_path / "src" / "main.ts").rename(tmp_path / "src" / "app.ts")
    assert fingerprint(tmp_path) != before


def test_what_the_build_makes_does_not_count(tmp_path: Path) -> None:
    before = fingerprint(page(tmp_path))
    (tmp_path / "node_modules" / "x.js").write_text("2")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<html>")
    assert fingerprint(tmp_path) == before
