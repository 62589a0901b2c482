import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.reading import MAX_CHARACTERS, UnreadableError, data_from_text, texts_of_prompts

BOMB = "a: &a [x]\n" + "".join(
    f"{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_yaml_and_json_are_read() -> None:
    assert data_from_text("start: a\nnodes: {a: {kind: queue}}") == {"start": "a", "nodes": {"a": {"kind": "queue"}}}
    assert data_from_text('{"start":\t"a"}') == {"start": "a"}
    assert data_from_text("{start: a}") == {"start": "a"}
    assert data_from_text("") is None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [", "not YAML: line 1"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' stands twice"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        (BOMB, "aliases"),
        ("a: &a {k: 1}\nb: {<<: *a}", "aliases"),
        ("[" * 5000, "nested too deeply"),
        ('{"a":' * 100_000, "more than"),
        ('{"a":' * 20_000, "nested too deeply"),
        ("x" * (MAX_CHARACTERS + 1), "more than"),
        ("nodes:\n" + "".join(f"  n{i}: {{kind: queue, queue: city}}\n" for i in range(10_000)), "more than"),
        ("a: 2026-13-45", "put it in quotes"),
        ("a: " + "1" * 5000, "put it in quotes"),
        ("a: \x00", "not YAML"),
        ("a: !!python/object/apply:os.getcwd []", "not YAML"),
        ("? [a, b]\n: 1", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text: str, what: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        data_from_text(text)
    assert what in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.text(max_size=60) | st.text(alphabet="[]{}:,-&*!?|>'\"%@#a1 \n\t.~", max_size=40))
def test_any_text_is_data_or_refused(text: str) -> None:
    try:
        data_from_text(text)
    except UnreadableError:
        return


def test_the_texts_of_prompts_and_nothing_else() -> None:
    assert texts_of_prompts({"hotline": {"a": "您好", "b": 1}, "x": "y", 3: {"c": "d"}}) == {
        "hotline/a": "您好",
        "3/c": "d",
    }
    assert texts_of_prompts(None) == {}
