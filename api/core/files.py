"""Finds a file by a name that came over a wire, and never outside its folder."""

from pathlib import Path

from api.core.problems import NotFoundError


def find_file(folder: Path | None, name: str) -> Path:
    """Return the regular file `name` directly in `folder`.

    Raises NotFoundError for everything else: another folder, a link that leads out, a file that is not there.
    """
    if folder is None or not name or name != Path(name).name or name in {".", ".."} or "\x00" in name:
        raise NotFoundError("There is no such recording.")
    path = (folder / name).resolve()
    if path.parent != folder.resolve() or not path.is_file():
        raise NotFoundError("The recording is not on this machine; it may have been moved to the archive.")
    return path
