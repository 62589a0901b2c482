import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from asterisk_conf.__main__ import main
from asterisk_conf.apt import SignatureError, failure, open_suite, open_to_readers
from asterisk_conf.fetch import FetchError, asterisk_place, fetch, fetch_debs

APT_GET = """#!/bin/sh
echo "$@" >> "$FAKE_LOG"
case "$*" in
  *update*) [ -z "${FAKE_FAILURE:-}" ] || { echo "E: $FAKE_FAILURE"; exit 100; } ;;
  "-s install"*) echo 'Inst sip-tester (1.0 Debian)'; echo 'Inst libc6 (2.36 Debian)' ;;
  *--print-uris*) echo "'http://mirror.test/sip-tester_1.0.deb' sip-tester_1.0.deb ${FAKE_SIZE:-1000} SHA256:0" ;;
  *download*) sleep 0.2; echo data > sip-tester_1.0.deb ;;
esac
"""
DPKG = """#!/bin/sh
umask 077
mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"
printf '#!/bin/sh\\necho "$LD_LIBRARY_PATH|$1"\\n' > "$3/usr/bin/sipp"
echo secret > "$3/usr/lib/x86_64-linux-gnu/lib.so"
chmod 4711 "$3/usr/bin/sipp"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an apt-get and a dpkg that bring one small program; returns the log of apt-get's calls."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg", DPKG), ("apt-config", "#!/bin/sh\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    log = tmp_path / "apt.log"
    log.touch()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_LOG", str(log))
    etc = tmp_path / "apt"
    etc.mkdir()
    (etc / "sources.list").write_text("deb http://mirror.test/debian bookworm main\n")
    monkeypatch.setenv("HOTLINE_APT_ETC", str(etc))
    return log


def bring(tools: Path) -> Path:
    return fetch("sipp", tools, unpacked=True)


def test_a_program_is_brought_once_and_its_launcher_works_from_anywhere(machine: Path, tmp_path: Path) -> None:
    launcher = bring(tmp_path / "my tools")
    calls = machine.read_text()
    assert "sip-tester=1.0" in calls
    assert "libc6=" not in calls.splitlines()[-1]
    moved = tmp_path / "moved"
    (tmp_path / "my tools").rename(moved)
    said = subprocess.run([moved / "bin" / launcher.name, "-v"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"{moved}/sipp/root/usr/lib/x86_64-linux-gnu:")
    assert said.strip().endswith("|-v")
    bring(moved)
    assert machine.read_text() == calls


def test_everything_is_readable_by_the_service_user_and_nothing_is_setuid(machine: Path, tmp_path: Path) -> None:
    del machine
    before = os.umask(0o077)
    try:
        bring(tmp_path / "tools")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tools").rglob("*")}
    assert all(mode & 0o044 == 0o044 for path, mode in modes.items() if path.name != ".lock")
    assert all(mode & 0o055 == 0o055 for path, mode in modes.items() if path.is_dir())
    assert all(mode & 0o7000 == 0 for mode in modes.values())


def test_two_fetches_at_once_do_the_work_once(machine: Path, tmp_path: Path) -> None:
    threads = [threading.Thread(target=bring, args=(tmp_path / "tools",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert machine.read_text().count("-q download") == 1


def test_a_broken_off_fetch_starts_over(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    monkeypatch.setenv("FAKE_FAILURE", "Could not resolve 'mirror.test'")
    with pytest.raises(FetchError, match="check the network"):
        bring(tools)
    monkeypatch.delenv("FAKE_FAILURE")
    (tools / "sipp/root.new/usr/half").mkdir(parents=True)
    bring(tools)
    assert not (tools / "sipp/root/usr/half").exists()
    assert json.loads((tools / "sipp/stamp.json").read_text())["packages"] == ["sip-tester=1.0"]
    assert machine.read_text().count("update") == 2


def test_a_full_disk_is_told_before_the_download(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_SIZE", str(10**18))
    with pytest.raises(FetchError, match="free some space first"):
        bring(tmp_path / "tools")
    assert "-q download" not in machine.read_text()


def test_a_folder_that_cannot_be_written_is_named(machine: Path, tmp_path: Path) -> None:
    del machine
    (tmp_path / "file").write_text("")
    with pytest.raises(FetchError, match="Not a directory"):
        bring(tmp_path / "file/tools")


def test_packages_are_unpacked_where_one_wants_them(machine: Path, tmp_path: Path) -> None:
    del machine
    into = tmp_path / "pip/root"
    assert fetch_debs(["sip-tester"], into, None) == ["sip-tester=1.0", "libc6=2.36"]
    assert (into / "usr/bin/sipp").is_file()
    assert not (tmp_path / "pip/apt").exists()


@pytest.mark.usefixtures("machine")
def test_the_machine_s_own_program_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name, text in (("espeak-ng", "echo own"), ("asterisk", "echo Asterisk 21.3.0")):
        (own / name).write_text(f"#!/bin/sh\n{text}\n")
        (own / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{own}:{os.environ['PATH']}")
    launcher = fetch("espeak-ng", tmp_path / "tools")
    assert subprocess.run([launcher], capture_output=True, text=True, check=True).stdout == "own\n"
    fetch("asterisk", tmp_path / "tools")
    assert "own/asterisk" in (tmp_path / "tools/bin/asterisk").read_text()


def test_asterisk_s_place_below_the_tools(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="fetch asterisk"):
        asterisk_place(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/asterisk").write_text('root="$tools/asterisk/root"\n')
    modules = tmp_path / "asterisk/root/usr/lib/x86_64-linux-gnu/asterisk/modules"
    data = tmp_path / "asterisk/root/usr/share/asterisk"
    modules.mkdir(parents=True)
    data.mkdir(parents=True)
    place = asterisk_place(tmp_path)
    assert (place.modules, place.data) == (modules, data)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("E: Failed to fetch http://m.test/x  Temporary failure resolving 'm.test'", "check the network"),
        ("Err:1 http://m.test\n  Could not connect to m.test:80, connection timed out", "check the network"),
        ("E: Write error - write (28: No space left on device)", "free some space"),
        ("E: Unable to locate package asterisk", "does not hold"),
        ("E: Failed to fetch http://m.test/x.deb  404  Not Found", "try again in some minutes"),
        ("E: Could not open lock file - open (13: Permission denied)", "must belong to you"),
        ("E: something new", "docker compose"),
    ],
)
def test_apt_s_words_become_advice(said: str, advice: str) -> None:
    error = failure(said)
    assert advice in str(error)
    assert said.splitlines()[-1].strip() in str(error)


def test_an_unknown_key_is_told_apart() -> None:
    said = "W: GPG error: The following signatures couldn't be verified: NO_PUBKEY 6ED0E7B82643E131"
    assert isinstance(failure(said), SignatureError)


def test_a_machine_without_apt_or_mirror_is_sent_to_the_containers(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del machine
    with pytest.raises(FetchError, match=r"no Debian mirror.*docker compose"):
        open_suite(tmp_path / "state", None, apt_etc=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"no apt-get.*docker compose"):
        open_suite(tmp_path / "state", None)


@pytest.mark.usefixtures("machine")
def test_the_command_line_prints_launchers_or_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fetch", "sipp", "--unpacked", "--tools", str(tmp_path / "tools")]
    monkeypatch.setenv("FAKE_FAILURE", "Unable to connect to mirror.test:80")
    assert main(command) == 1
    assert capsys.readouterr().err.count("error: the package mirror cannot be reached") == 1
    monkeypatch.delenv("FAKE_FAILURE")
    assert main(command) == 0
    assert capsys.readouterr().out == f"{tmp_path}/tools/bin/sipp\n"


def test_links_are_left_alone_when_files_are_opened(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("/nowhere")
    open_to_readers(tmp_path)
    assert (tmp_path / "loop").is_symlink()


def test_the_module_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "asterisk_conf", "fetch", "nothing", "--tools", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "invalid choice" in result.stderr
