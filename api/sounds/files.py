"""The folder of sounds: where a sound's file lies, and what lies there without a row; nothing outside it."""

import json
from pathlib import Path
from typing import Any, Final

from api.core.problems import NotFoundError, UnavailableError
from api.sounds.rules import OWN, slug_of_file
from asterisk_conf.speech import DRAFT_PREFIX, write_whole

LISTING: Final = "built-in-texts.json"
LISTING_LIMIT: Final = 4_000_000
MOST_LEFTOVERS: Final = 10_000


def require_folder(folder: Path | None) -> Path:
    """Return the folder of sounds. Raises UnavailableError when none is set."""
    if folder is None:
        raise UnavailableError("This web process has no folder of sounds; set HOTLINE_SOUNDS_DIR.")
    return folder


def file_of(folder: Path, name: str) -> Path:
    """Return where the file of a sound lies; `name` is one that the database knows."""
    return folder / f"{name}.wav"


def which_are_missing(folder: Path | None, names: list[str]) -> set[str]:
    """Return those sounds that have no file; all of them without a folder."""
    return {name for name in names if folder is None or not file_of(folder, name).is_file()}


def find_sound_file(folder: Path | None, name: str) -> Path:
    """Return the file of a sound. Raises NotFoundError when it is gone, or a link leads out of the folder."""
    path = file_of(folder, name).resolve() if folder is not None else None
    if path is None or folder is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFoundError("The sound's file is missing on this machine; upload it again, or let make up bring it.")
    return path


def write_sound(folder: Path, name: str, sound: bytes) -> None:
    """Write a sound's file, whole or not at all. Raises UnavailableError."""
    try:
        write_whole(file_of(folder, name), sound)
    except OSError as error:
        raise UnavailableError(
            f"The folder of sounds cannot be written ({error.strerror}); mend its owner or the disk, then try again."
        ) from error


def read_listing(folder: Path) -> Any:
    """Return what the set-up tells of the built-in sounds; None where there is nothing that can be read."""
    path = folder / LISTING
    if not path.is_file() or path.stat().st_size > LISTING_LIMIT:
        return None
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return None


def own_files(folder: Path) -> list[tuple[str, str]]:
    """Return (slug, name) of the files below `own/`; what we did not write is not among them."""
    own = folder / OWN
    if not own.is_dir():
        return []
    names = sorted(entry.name for entry in own.iterdir() if entry.is_file() and not entry.is_symlink())
    found = [slug_of_file(name) for name in names]
    return [pair for pair in found if pair is not None][:MOST_LEFTOVERS]


def remove_drafts(folder: Path, *, older_than: float) -> int:
    """Remove half-written files whose last change was before `older_than` (epoch seconds); return how many."""
    own = folder / OWN
    drafts = [path for path in own.glob(f"{DRAFT_PREFIX}*") if path.is_file() and not path.is_symlink()]
    old = [path for path in drafts if path.stat().st_mtime < older_than]
    for path in old[:MOST_LEFTOVERS]:
        path.unlink(missing_ok=True)
    return len(old)


def remove_sound(folder: Path, name: str) -> None:
    """Remove the file of a sound that nobody knows."""
    file_of(folder, name).unlink(missing_ok=True)
