"""The OpenAPI page, rendered here: the usual ones load their scripts from elsewhere, and a hall may be offline."""

from html import escape
from typing import Any, Final

STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24}
code{background:#f1f3f5;padding:.1em .3em;border-radius:3px} h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}
article{margin:1rem 0} .verb{display:inline-block;min-width:4rem;font-weight:600} dt{font-weight:600}
dd{margin:0 0 .3rem 1rem}
"""


def render_docs(schema: dict[str, Any]) -> str:
    """Return an HTML page with every operation, its description, parameters and answers."""
    info = schema["info"]
    parts = [f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"]
    parts += [f"<p>{escape(text)}</p>" for text in info.get("description", "").strip().split("\n\n")]
    parts.append('<p>For programs: <a href="/openapi.json">openapi.json</a></p>')
    for tag in schema.get("tags", []):
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
        parts += [
            _operation(path, verb, operation)
            for path, operations in schema["paths"].items()
            for verb, operation in operations.items()
            if tag["name"] in operation.get("tags", [])
        ]
    head = f"<meta charset=utf-8><title>{escape(info['title'])}</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{''.join(parts)}</body></html>"


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    rows = [
        (f"{item['name']} ({item['in']})", item.get("description") or item["schema"].get("type", ""))
        for item in operation.get("parameters", [])
    ]
    rows += [(code, answer["description"]) for code, answer in sorted(operation["responses"].items())]
    told = "".join(f"<dt>{escape(str(name))}</dt><dd>{escape(str(text))}</dd>" for name, text in rows)
    title = f'<span class="verb">{escape(verb.upper())}</span> <code>{escape(path)}</code>'
    summary, text = escape(operation.get("summary", "")), escape(operation.get("description", ""))
    return f"<article><h3>{title}</h3><p><b>{summary}.</b> {text}</p><dl>{told}</dl></article>"
