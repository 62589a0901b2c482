from pathlib import Path

from ops import webbuild
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


def test_node_keeps_no_cache_outside_the_project(tmp_path: Path) -> None:
    environment = webbuild._environment(webbuild.Node(tmp_path, ("npm",)))
    assert environment["NODE_DISABLE_COMPILE_CACHE"] == "1"
    assert Path(environment["npm_config_cache"]).is_relative_to(webbuild.PROJECT)
