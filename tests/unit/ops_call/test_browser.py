from pathlib import Path

from ops.call import browser


def test_the_browser_and_its_sound_library_keep_to_the_folder(tmp_path: Path) -> None:
    environment = browser._own_home(tmp_path)
    for name in ("HOME", "PULSE_RUNTIME_PATH"):
        assert Path(str(environment[name])).is_relative_to(tmp_path)
