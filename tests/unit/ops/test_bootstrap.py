import json
import subprocess
import sys

from ops import bootstrap
from ops.users import PROJECT


def test_it_needs_nothing_but_the_standard_library() -> None:
    code = "import ops.bootstrap, sys; print(sorted({m.split('.')[0] for m in sys.modules} - sys.stdlib_module_names))"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(PROJECT)!r}); {code}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['__main__', 'ops']"


def test_the_stamp_is_the_same_for_the_same_locks() -> None:
    assert bootstrap.wanted_stamp() == bootstrap.wanted_stamp()


def test_locks_hold_hashes_and_no_addresses() -> None:
    for lock in (bootstrap.LOCK, bootstrap.UV_LOCK, PROJECT / "ops" / "locks" / "node.lock"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_the_pages_lock_holds_hashes_and_no_addresses() -> None:
    text = (PROJECT / "web" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all(entry.get("integrity", "").startswith("sha512-") for name, entry in packages.items() if name)
    assert "://" not in text, "renew it with: npm run lock"


def test_one_package_of_a_lock() -> None:
    one, two = "b==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n", "c==3 \\\n    --hash=sha256:4\n"
    lock = f"a==1 \\\n    --hash=sha256:1\n    # via b\n{one}    # via c\n{two}"
    assert [bootstrap.of_lock(name, lock) for name in ("b", "c", "d")] == [one, two, ""]
    for package in bootstrap.OWN_LIBRARIES:
        assert "--hash=sha256:" in bootstrap.of_lock(package, bootstrap.LOCK.read_text())
