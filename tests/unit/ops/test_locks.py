import fcntl
import threading
from pathlib import Path

import pytest

from ops.locks import only_one


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    inside, done = threading.Event(), []

    def second() -> None:
        with only_one(lock, "testing"):
            done.append("second")

    with only_one(lock, "testing"):
        thread = threading.Thread(target=second)
        thread.start()
        inside.wait(0.05)
        done.append("first")
    thread.join()
    assert done == ["first", "second"]


def test_the_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), only_one(tmp_path / "lock", "testing"):
        raise ValueError("broken")
    with (tmp_path / "lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
