import os
from pathlib import Path

import pytest

from ops import users
from ops.errors import OpsError
from ops.users import Account, closed_folder, command_as, may_enter

STRANGER = Account("stranger", 54321, 54321)


def opened(folder: Path) -> Path:
    for part in (folder, *folder.parents):
        if part.stat().st_uid == os.getuid() and not part.stat().st_mode & 0o001 and part != Path("/root"):
            part.chmod(0o755)
    return folder


def test_root_is_refused_as_a_service_user() -> None:
    with pytest.raises(OpsError, match="do not run as root"):
        users.account("root")


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(OpsError, match="no user"):
        users.account("no-such-user-here")


@pytest.mark.parametrize(("mode", "may"), [(0o700, False), (0o750, False), (0o751, True), (0o755, True)])
def test_the_mode_of_a_folder_decides_for_strangers(tmp_path: Path, mode: int, may: bool) -> None:
    tmp_path.chmod(mode)
    assert may_enter(tmp_path, STRANGER) is may


def test_the_outermost_closed_folder_is_found(tmp_path: Path) -> None:
    project = tmp_path / "closed" / "also-closed" / "project"
    project.mkdir(parents=True)
    opened(tmp_path)
    (tmp_path / "closed" / "also-closed").chmod(0o700)
    (tmp_path / "closed").chmod(0o700)
    assert closed_folder(project, STRANGER) == tmp_path / "closed"


def test_an_open_way_has_no_closed_folder(tmp_path: Path) -> None:
    assert closed_folder(opened(tmp_path), STRANGER) is None


def test_a_closed_target_is_itself_the_closed_folder(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    opened(tmp_path)
    assert closed_folder(target, STRANGER) == target


def test_the_owner_may_go_where_strangers_may_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    facts = tmp_path.stat()
    assert may_enter(tmp_path, Account("owner", facts.st_uid, facts.st_gid))


def test_the_same_user_gets_no_new_identity() -> None:
    line = command_as(None, ["true"])
    assert "--uid" not in line
    assert line[-2:] == ["--", "true"]


def test_another_user_gets_an_identity_and_a_way_in(tmp_path: Path) -> None:
    reached = tmp_path / "closed" / "home"
    reached.mkdir(parents=True)
    opened(tmp_path)
    reached.parent.chmod(0o700)
    line = command_as(STRANGER, ["true"], reach=[reached])
    assert line[line.index("--uid") + 1] == "54321"
    assert str(reached.parent) in [line[i + 1] for i, word in enumerate(line) if word == "--cover"]
    assert str(reached) in [line[i + 1] for i, word in enumerate(line) if word == "--show"]


def test_a_private_clone_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "users.py").touch(mode=0o600)
    (tmp_path / "ops" / "users.py").chmod(0o600)
    with pytest.raises(OpsError, match="chmod -R go"):
        users.check_readable(STRANGER, tmp_path)
