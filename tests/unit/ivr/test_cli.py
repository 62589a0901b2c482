"""The command line as a person uses it: arguments and files in, text and exit codes out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.__main__ import main

PROJECT = Path(__file__).resolve().parents[3]
EXAMPLES = PROJECT / "ivr" / "examples"
NIGHT = "2026-11-21T03:00+08:00"
DAY = "2026-11-20T09:00+08:00"
GOOD = ["no-menu", "one-level", "merged-line", "many-lines"]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_command_that_the_documents_name() -> None:
    command = [
        sys.executable,
        "-m",
        "ivr",
        "try",
        str(EXAMPLES / "one-level.yaml"),
        "--keys",
        "2,timeout,0",
        "--at",
        NIGHT,
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "  1. 00:00  greeting (announcement): hears -> listens",
        "        「您好，这里是市政务服务便民热线，一二三四五。」",
        "  2. 00:05  menu (menu): hears -> listens",
        "        「市区人工服务请按零，或稍候。临河县请按一，平原县请按二。」",
        "  3. 00:11  menu (menu): may press a key for 3 s -> presses 2",
        "End after 00:12: a person of the queue pingyuan (priority 0)",
        "Choices: 2",
        "Not used, because the menu had ended: timeout,0",
    ]


@pytest.mark.parametrize("name", GOOD)
def test_the_examples_have_no_finding(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLES / f"{name}.yaml"), "--queues", "city,linhe,pingyuan"]) == 0
    assert told(capsys) == "nothing found\n"


def test_an_example_with_a_sound_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    sounds = ["--sounds", str(EXAMPLES / "services.sounds.yaml")]
    assert main(["check", str(EXAMPLES / "services.yaml"), "--tested", "110", *sounds]) == 0
    assert main(["check", str(EXAMPLES / "services.yaml")]) == 1
    assert "there is no sound 'services/menu'" in told(capsys)


def test_every_finding_of_a_bad_tree_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLES / "broken.yaml"), "--tested", "119"]) == 1
    lines = told(capsys).splitlines()
    assert [line.split()[0] for line in lines] == ["ERROR"] * 12 + ["WARNING"] * 3
    assert main(["check", str(EXAMPLES / "broken.yaml"), "--tested", "119", "--json"]) == 1
    findings = json.loads(told(capsys))
    assert len(findings) == 15
    assert set(findings[0]) == {"severity", "where", "what", "do"}


def test_mistakes_in_several_nodes_are_printed_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("start: a\nnodes: {a: {kind: queue}, b: {kind: menue}}\n", encoding="utf-8")
    assert main(["check", str(file)]) == 1
    lines = told(capsys).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("ERROR menu.nodes.a: the field 'queue' is missing")
    assert main(["try", str(file)]) == 2


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"a: [", "not YAML"),
        (b"", "holds no tree"),
        (b"- a", "holds no tree"),
        (b"x" * 300_000, "more than 262144 characters"),
    ],
)
def test_what_cannot_be_read_ends_with_two(
    content: bytes | None, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tree.yaml"
    if content is not None:
        file.write_bytes(content)
    for command in ("check", "try"):
        assert main([command, str(file)]) == 2
        shown = capsys.readouterr()
        assert what in shown.err
        assert shown.out == ""


ENDS: list[tuple[str, list[str], dict[str, object]]] = [
    ("merged-line", ["--at", NIGHT], {"end": "message"}),
    ("merged-line", ["--at", NIGHT, "--keys", "timeout,timeout"], {"end": "person", "queue": "city"}),
    ("merged-line", ["--at", NIGHT, "--keys", "0"], {"end": "person"}),
    ("merged-line", ["--at", DAY, "--keys", "open-case,timeout"], {"end": "person", "priority": 5}),
    ("merged-line", ["--at", DAY, "--keys", "known,!1"], {"end": "return_call", "path": ["1"]}),
    ("merged-line", ["--at", DAY, "--holiday", "2026-11-20"], {"end": "message"}),
    ("merged-line", ["--at", "2026-11-21T09:00", "--makeup", "2026-11-21"], {"end": "person"}),
    ("merged-line", ["--at", DAY, "--incident", "hotline/all-busy", "--keys", "1"], {"end": "affected"}),
    ("merged-line", ["--at", DAY, "--keys", "fail,fail"], {"end": "person", "queue": "city"}),
    ("merged-line", ["--at", DAY, "--keys", "hangup"], {"end": "citizen_hung_up"}),
    ("merged-line", ["--after-talk", "--keys", "9,1"], {"end": "rated"}),
    ("many-lines", ["--at", NIGHT], {"end": "person", "queue": "city"}),
    ("many-lines", ["--at", NIGHT, "--hours", '{mon-fri: ["08:30-12:00"]}'], {"end": "message"}),
    ("many-lines", ["--at", DAY, "--hours", '{mon-fri: ["08:30-12:00"]}'], {"end": "person"}),
    ("many-lines", ["--incident", "hotline/all-busy", "--keys", "1"], {"end": "affected", "path": ["1"]}),
    ("services", ["--keys", "1,3714261121000427#,471101"], {"end": "person", "path": ["1"]}),
    ("services", ["--keys", "1,3714261121000427#,471101,not-found,0#"], {"end": "person", "path": ["1", "0"]}),
    ("services", ["--keys", "2"], {"end": "transfer"}),
    ("services", ["--keys", "3"], {"end": "person", "skill": "english"}),
    ("one-level", ["--keys", "9,9,1"], {"end": "person", "queue": "city", "unused": ["1"]}),
    ("one-level", ["--queues", "linhe", "--keys", "2"], {"end": "person", "queue": "city"}),
    ("broken", ["--keys", "1,9"], {"end": "person", "queue": "city"}),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), ENDS)
def test_where_a_trial_ends(
    name: str, arguments: list[str], expected: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", str(EXAMPLES / f"{name}.yaml"), "--json", *arguments]) == 0
    trial = json.loads(told(capsys))
    assert {key: trial[key] for key in expected} == expected
    assert main(["try", str(EXAMPLES / f"{name}.yaml"), *arguments]) == 0
    assert "End after" in told(capsys)


def test_the_greeting_of_the_line_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", str(EXAMPLES / "many-lines.yaml"), "--greeting", "hotline/greeting-12345"]) == 0
    heard = told(capsys)
    assert heard.index("您好，这里是市政务服务便民热线") < heard.index("本次通话将被录音")


@pytest.mark.parametrize("keys", ["x", "1,two", "!", "1" * 501, "١"])
def test_keys_that_are_none_are_refused(keys: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["try", str(EXAMPLES / "no-menu.yaml"), "--keys", keys]) == 2
    assert "; use" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--at", "noon"], ["--holiday", "1.10."], ["--at", ""], ["--hours", "mon"], ["--hours", "{mon: 8}"], []],
)
def test_arguments_that_are_wrong_say_so(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["try", *([] if not arguments else [str(EXAMPLES / "no-menu.yaml")]), *arguments])
    assert left.value.code == 2
    assert "error:" in capsys.readouterr().err
