import asyncio
import io
import stat
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from asterisk_conf import speech
from asterisk_conf.speech import DEFAULT_COMMAND, SpeechError, speak, speak_to, split_command, spoken_name

Voice = Callable[[str], tuple[str, ...]]

GIVES = "import sys, wave\nfrom asterisk_conf.speech import wav\n"
STEREO = """
file = wave.open(sys.stdout.buffer, 'wb')
file.setparams((2, 2, 44100, 1, 'NONE', ''))
file.writeframes(b'abcd')
"""


@pytest.fixture
def voice(tmp_path: Path) -> Voice:
    """A voice that a city brought: a Python program."""

    def made(lines: str) -> tuple[str, ...]:
        program = tmp_path / "voice.py"
        program.write_text(GIVES + lines)
        return (sys.executable, str(program))

    return made


@pytest.fixture(autouse=True)
def _project_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(speech.__file__).parents[1]))


def samples(sound: bytes) -> bytes:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return file.readframes(file.getnframes())


async def test_the_program_is_told_the_text_and_gives_the_sound(voice: Voice) -> None:
    command = voice("sys.stdout.buffer.write(wav(sys.stdin.buffer.read() * 2))")
    assert samples(await speak("停电通知", command=command)) == "停电通知".encode() * 2


async def test_a_text_that_a_shell_would_run_is_only_said(voice: Voice, tmp_path: Path) -> None:
    command = voice("sys.stdout.buffer.write(wav(sys.stdin.buffer.read() * 2))")
    text = f"$(touch {tmp_path}/x); `id` | ' \" \\"
    assert samples(await speak(text, command=command)) == text.encode() * 2
    assert not (tmp_path / "x").exists()


async def test_control_characters_and_lone_surrogates_are_not_said(voice: Voice) -> None:
    command = voice("sys.stdout.buffer.write(wav(sys.stdin.buffer.read() * 2))")
    assert samples(await speak("a\x00b\udc80\nc", command=command)) == b"a b  c" * 2


@pytest.mark.parametrize(("text", "reason"), [(" \n", "give a text"), ("长" * 1001, "shorten it to 1000")])
async def test_a_text_that_is_none_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SpeechError, match=reason):
        await speak(text, command=("/bin/false",))


async def test_the_guessed_length_of_a_piped_file_is_put_right(voice: Voice) -> None:
    command = voice(
        "sound = wav(b'ab' * 50)\nsys.stdout.buffer.write(sound[:40] + b'\\x00\\xf0\\xff\\x7f' + sound[44:])"
    )
    assert samples(await speak("好", command=command)) == b"ab" * 50


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("sys.exit('no such voice')", "no such voice"),
        ("sys.exit(3)", "ended with status 3"),
        ("print('hello')", "no WAV file"),
        ("pass", "no WAV file"),
        ("sys.stdout.buffer.write(wav(b''))", "empty"),
        (STEREO, "44100 Hz"),
        ("for n in range(300): sys.stdout.buffer.write(bytes(65536))", "MB"),
    ],
)
async def test_a_voice_that_fails_is_told(voice: Voice, lines: str, reason: str) -> None:
    with pytest.raises(SpeechError, match=reason):
        await speak("好", command=voice(lines))


async def test_a_command_that_is_none_names_the_setting() -> None:
    with pytest.raises(SpeechError, match="HOTLINE_SPEECH_COMMAND"):
        await speak("好", command=("/no/such/program",))


async def test_a_voice_that_hangs_is_ended_with_what_it_started(voice: Voice, tmp_path: Path) -> None:
    lines = (
        "import os, subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\nchild.wait()"
    )
    speaking = asyncio.create_task(speak("好", command=voice(lines), seconds=60))
    await until(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text() != "")
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    pid = int((tmp_path / "pid").read_text())
    await until(lambda: not _alive(pid))
    with pytest.raises(SpeechError, match=r"more than 0\.2 s"):
        await speak("好", command=voice(lines), seconds=0.2)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_the_program_gets_no_secret(voice: Voice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SESSION_SECRET", "x" * 40)
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("HOTLINE_INSTANCE", "mark")
    lines = (
        "import os\nnames = sorted(n for n in os.environ if n.startswith(('HOTLINE', 'DATABASE')))\n"
        "sys.stdout.buffer.write(wav(str(names).encode() * 2))"
    )
    assert samples(await speak("好", command=voice(lines))) == b"['HOTLINE_INSTANCE']" * 2


async def test_a_file_is_whole_or_not_there(voice: Voice, tmp_path: Path) -> None:
    path = tmp_path / "spoken" / "x.wav"
    with pytest.raises(SpeechError):
        await speak_to(path, "好", command=voice("sys.exit(1)"))
    assert not path.parent.exists()
    await speak_to(path, "好", command=voice("sys.stdout.buffer.write(wav(b'ab'))"))
    assert samples(path.read_bytes()) == b"ab"
    assert names(path.parent) == ["x.wav"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


async def test_a_file_that_cannot_be_written_is_told(voice: Voice, tmp_path: Path) -> None:
    (tmp_path / "spoken").write_text("a file where the folder should be")
    with pytest.raises(SpeechError, match="cannot be written"):
        await speak_to(tmp_path / "spoken" / "x.wav", "好", command=voice("sys.stdout.buffer.write(wav(b'ab'))"))
    assert names(tmp_path) == ["spoken", "voice.py"]


def test_the_same_words_have_the_same_name() -> None:
    assert spoken_name("您好") == spoken_name("您好") != spoken_name("您好。")
    assert spoken_name("\udc80").startswith("spoken/")
    assert len(spoken_name("您好")) == len("spoken/") + 32


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", DEFAULT_COMMAND),
        ("  ", DEFAULT_COMMAND),
        ("[]", DEFAULT_COMMAND),
        ("say --voice 'Ting Ting'", ("say", "--voice", "Ting Ting")),
        ('["say", "a b"]', ("say", "a b")),
        (("say", "x"), ("say", "x")),
    ],
)
def test_a_command_is_words_or_a_list(text: str | tuple[str, ...], command: tuple[str, ...]) -> None:
    assert split_command(text) == command


@pytest.mark.parametrize("text", ["[1]", "[", "'open", '["a\\u0000"]'])
def test_a_command_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        split_command(text)
