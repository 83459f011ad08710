"""The API's routes on one page, out of its OpenAPI document; loads nothing from elsewhere. Pure."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]


def docs(schema: Schema, style: str) -> str:
    """Write the page."""
    info = schema["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}: the API</title><style>{style}</style></head><body>",
        f"<header><h1>{escape(info['title'])}</h1><p>{escape(info['summary'])}</p>",
        '<nav><a href="/">Ask</a> <a href="/openapi.json">OpenAPI 3.1</a></nav></header><main>',
        f"<section><p>{escape(info['description'])}</p></section>",
    ]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            parts += _operation(schema, f"{method.upper()} {path}", operation)
    return "".join([*parts, "</main></body></html>"])


def _operation(schema: Schema, title: str, operation: Schema) -> Iterator[str]:
    yield f"<section><h2><code>{escape(title)}</code></h2>"
    for paragraph in operation.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    if parameters := operation.get("parameters"):
        yield f'<div class="scroll" role="region" tabindex="0" aria-label="Parameters of {escape(title)}">'
        yield "<table><thead><tr><th>parameter</th><th>in</th><th></th></tr></thead><tbody>"
        for each in parameters:
            needed = " (needed)" if each.get("required") else ""
            cells = (each["name"], each["in"] + needed, each.get("description", ""))
            yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        yield "</tbody></table></div>"
    if "requestBody" in operation:
        yield from _body(schema, "Send", operation["requestBody"])
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from _body(schema, f"{status}: {response['description']}", response)
    refusals = [status for status in operation["responses"] if not status.startswith("2")]
    if refusals:
        yield f"<p>Refusals: {', '.join(refusals)}</p>"
    yield "</section>"


def _body(schema: Schema, title: str, body: Schema) -> Iterator[str]:
    for media_type, media in body.get("content", {}).items():
        yield f"<h3>{escape(title)} <code>{escape(media_type)}</code></h3>"
        name = media.get("schema", {}).get("$ref", "").rpartition("/")[2]
        named = schema["components"]["schemas"].get(name, {})
        if about := named.get("description"):
            yield f"<p>{escape(about)}</p>"
        for example in named.get("examples", [])[:1]:
            yield f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"
