import subprocess

from ops.users import PROJECT


def test_without_a_fitting_python_it_names_one_that_can_be_installed() -> None:
    # On a Debian whose own python3 is newer than the project allows, "install python3" alone would not help.
    result = subprocess.run(["make", "PYTHON=", "deps"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "apt install python3, or python3.13" in result.stderr
    assert "make PYTHON=" in result.stderr
