"""Before any test: folders that failed runs kept under .local/test are thinned out, the newest stay for reading."""

import shutil
from pathlib import Path

from ops.home import LOCAL
from ops.supervision import lives

KEPT = 5


def pytest_sessionstart() -> None:
    folders = [path for path in (LOCAL / "test").glob("*-*") if path.is_dir() and not belongs_to_a_run(path)]
    for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def belongs_to_a_run(folder: Path) -> bool:
    """Test folders are named <kind>-<process id of the run>[-<random>]."""
    pid = folder.name.split("-")[1]
    return not pid.isdigit() or lives(int(pid))
