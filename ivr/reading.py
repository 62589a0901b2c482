"""Text of a tree's file (YAML or JSON) to plain data; refuses what is large, doubled or tangled, with a reason."""

import json
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

MAX_CHARACTERS = 262_144
"""Five times a tree of the most nodes that are allowed."""


class UnreadableError(ValueError):
    """Text that is no YAML or JSON that a tree could be in; the message says what to do."""


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which can grow beyond any memory, and without keys that silently replace each other."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuse an alias."""
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # types-PyYAML leaves it open
            raise UnreadableError(f"line {mark.line + 1}: aliases (*name) are not read; write the text out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    line = key.start_mark.line + 1
                    raise UnreadableError(f"line {line}: {key.value[:40]!r} stands twice; keep one")
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


def data_from_text(text: str) -> object:
    """Parse a file's text; raises UnreadableError."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(f"more than {MAX_CHARACTERS} characters are more than a tree needs; make it smaller")
    try:
        if text.lstrip().startswith("{"):
            return _json_or_yaml(text)
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except UnreadableError:
        raise
    except yaml.YAMLError as error:
        raise UnreadableError(f"this is not YAML: {_place(error)}") from error
    except RecursionError as error:
        raise UnreadableError("this is nested too deeply; a tree needs five levels") from error
    except (ValueError, OverflowError) as error:
        raise UnreadableError(f"a value cannot be read ({str(error)[:100]}); put it in quotes") from error


def texts_of_prompts(data: object) -> dict[str, str]:
    """The texts of a prompts file (`folder: {id: text}`) by the sounds' names; what has another shape is left out."""
    folders = data if isinstance(data, Mapping) else {}
    return {
        f"{folder}/{name}": text
        for folder, prompts in folders.items()
        if isinstance(prompts, Mapping)
        for name, text in prompts.items()
        if isinstance(text, str)
    }


def _json_or_yaml(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_no_double)
    except json.JSONDecodeError:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise UnreadableError(f"{key[:40]!r} stands twice; keep one")
        found[key] = value
    return found


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed")
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem[:200]}" if mark else problem[:200]
