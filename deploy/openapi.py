"""Writes the published OpenAPI document and the client that is generated from it: `python -m deploy.openapi`.

Shapes are TypedDicts by datamodel-code-generator: what is sent and answered is JSON as it is, with no copy made of it.
Calls are one method per operation, named as the API names it, with its parameters by name.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from textwrap import fill, indent
from typing import Any, NamedTuple

from service.api.app import create_app
from service.api.parts import Parts

VERSION = "1"  # of the document; the program's own stands in what a server answers
_ROOT = Path(__file__).parents[1]
FOLDER = _ROOT / "deploy" / "client"
PUBLISHED = _ROOT / "schemas" / "published" / "openapi.json"
ROWS = ("application/x-ndjson", "text/csv", "application/vnd.apache.parquet")
_JSON = "application/json"
_TYPES = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}
_WIDTH = 116

Document = Mapping[str, Any]


def document() -> dict[str, Any]:
    """Give the OpenAPI document of the API."""
    made: dict[str, Any] = create_app(_never_opened, VERSION).openapi()
    return made


def _never_opened() -> AbstractAsyncContextManager[Parts]:
    raise AssertionError("the document is made without a server")


def files() -> dict[Path, str]:
    """Give the text of each file that is generated."""
    said = document()
    return {
        PUBLISHED: json.dumps(said, indent=1, ensure_ascii=False) + "\n",
        FOLDER / "shapes.py": shapes(said),
        FOLDER / "calls.py": calls(said),
    }


def shapes(said: Document) -> str:
    """Give the module of the shapes of what is sent and answered."""
    import datamodel_code_generator as codegen  # noqa: PLC0415 - needed to generate alone, and a tool of development
    from datamodel_code_generator.enums import DataModelType  # noqa: PLC0415
    from datamodel_code_generator.format import Formatter, PythonVersion  # noqa: PLC0415

    made = codegen.generate(
        json.dumps(said),
        input_filename="openapi.json",
        input_file_type=codegen.InputFileType.OpenAPI,
        output_model_type=DataModelType.TypingTypedDict,
        target_python_version=PythonVersion.PY_311,
        use_standard_collections=True,
        use_union_operator=True,
        enum_field_as_literal=codegen.LiteralType.All,
        use_schema_description=True,
        formatters=[Formatter.RUFF_FORMAT],
        custom_file_header='"""Shapes of what the API takes and answers. Generated: `python -m deploy.openapi`."""',
    )
    return str(made)


def calls(said: Document) -> str:
    """Give the module of the calls."""
    methods = [
        _method(said, path, verb.upper(), operation)
        for path, operations in said["paths"].items()
        if path.startswith("/v1/")
        for verb, operation in operations.items()
    ]
    text = "\n".join([
        '"""The API\'s operations, one method each. Generated: `python -m deploy.openapi`."""',
        "",
        "from collections.abc import Sequence",
        "from contextlib import AbstractContextManager",
        "from typing import Literal, cast",
        "from urllib.parse import quote",
        "",
        "from deploy.client import shapes",
        "from deploy.client.base import Answer, Sends",
        "",
        f"Rows = Literal[{', '.join(map(repr, ROWS))}]",
        "",
        "",
        "class Calls(Sends):",
        '    """The operations of the API."""',
        "",
        "\n\n".join(indent(each, "    ") for each in methods),
        "",
    ])  # fmt: skip
    ruff = [sys.executable, "-m", "ruff", "format", "--line-length", "120", "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


class _Call(NamedTuple):
    """A method to be written; `shape`: of what is answered, None where it is a stream."""

    name: str
    verb: str
    path: str
    words: str
    shape: str | None = None
    rows: bool = False


def _method(said: Document, path: str, verb: str, operation: Document) -> str:
    """Give the method, or for a listing the two methods, of an operation."""
    answers = {status: each for status, each in operation["responses"].items() if status[0] == "2"}
    first = next(iter(answers.values())).get("content", {})
    call = _Call(operation["operationId"], verb, path, operation.get("description", operation["summary"]))
    parameters = operation.get("parameters", [])
    body = operation.get("requestBody", {}).get("content", {})
    if _JSON not in first:
        return _written(said, call, parameters, body)
    shapes = {_answered(each.get("content", {})): None for each in answers.values()}
    page = _written(said, call._replace(shape=" | ".join(shapes)), parameters, body)
    if not set(ROWS) <= first.keys():
        return page
    rows = [each for each in parameters if each["name"] != "limit"]
    told = f"Stream the whole listing that `{call.name}` gives a page of, from the cursor on, as rows."
    whole = call._replace(name=f"{call.name}_as_rows", words=told, rows=True)
    return f"{page}\n\n{_written(said, whole, rows, {})}"


def _answered(content: Document) -> str:
    return f"shapes.{_shape(content[_JSON]['schema'])}" if _JSON in content else "None"


def _written(said: Document, call: _Call, parameters: list[Document], body: Document) -> str:
    typed = [(_name(each["name"]), _type(said, each["schema"]), each) for each in parameters]
    sent, options, headers = _body(body)
    positional = [*(f"{own}: {kind}" for own, kind, each in typed if each["in"] == "path"), *sent]
    named = [f"{own}: {kind}" for own, kind, each in typed if each["in"] != "path" and each.get("required")]
    named += [f"{own}: {_optional(kind)} = None" for own, kind, each in typed if not each.get("required")]
    headers |= {each["name"].title(): own for own, _, each in typed if each["in"] == "header"}
    if call.rows:
        named.insert(0, "rows: Rows")
        headers["Accept"] = "rows"
    if headers:
        options.append(f"headers={{{_pairs(headers)}}}")
    query = _pairs({each["name"]: own for own, _, each in typed if each["in"] == "query"})
    filled = re.sub(r"{(\w+)(:path)?}", lambda found: "{quote(str(" + _name(found[1]) + "), safe='')}", call.path)
    url = f'f"{filled}"' if filled != call.path else f'"{call.path}"'
    arguments = ", ".join([f'"{call.verb}"', url, f"{{{query}}}", *options])
    signature = ", ".join(["self", *positional, *(["*", *named] if named else [])])
    gives = f'cast("{call.shape}", self._call({arguments}))' if call.shape else f"self._stream({arguments})"
    return "\n".join([
        f"def {call.name}({signature}) -> {call.shape or 'AbstractContextManager[Answer]'}:",
        indent(_docstring(call.words), "    "),
        f"    return {gives}",
    ])  # fmt: skip


def _body(content: Document) -> tuple[list[str], list[str], dict[str, str]]:
    """Give the arguments that a body makes, how they are sent, and the headers that go with them."""
    if not content:
        return [], [], {}
    if _JSON in content:
        return [f"body: shapes.{_shape(content[_JSON]['schema'])}"], ["json=body"], {}
    kinds = f"Literal[{', '.join(map(repr, content))}]"
    return ["body: bytes", f"content_type: {kinds}"], ["content=body"], {"Content-Type": "content_type"}


def _docstring(words: str) -> str:
    first, *rest = [fill(" ".join(part.split()), _WIDTH - 8) for part in words.split("\n\n")]
    return f'"""{first}"""' if not rest else "\n\n".join([f'"""{first}', *rest]) + '\n"""'


def _pairs(headers: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}": {value}' for name, value in headers.items())


def _name(parameter: str) -> str:
    """Give what an argument is called: `from` is a word of Python's."""
    name = parameter.replace("-", "_").lower()
    return f"{name}_at" if name == "from" else name


def _shape(schema: Document) -> str:
    """Give the name under which the generator of shapes knows a component."""
    if "$ref" not in schema:
        raise ValueError(f"an answer or a body has no component of its own: {schema}")
    return "".join(part[:1].upper() + part[1:] for part in schema["$ref"].rpartition("/")[2].split("_"))


def _optional(kind: str) -> str:
    return kind if kind.endswith("| None") else f"{kind} | None"


def _type(said: Document, schema: Document) -> str:
    if "$ref" in schema:
        return f"shapes.{_shape(schema)}"
    if "anyOf" in schema:
        return " | ".join(sorted(set(_of_any(said, schema)), key=lambda kind: kind == "None"))
    if schema.get("type") == "array":
        return f"Sequence[{_type(said, schema['items'])}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    return _TYPES.get(schema.get("type", "null"), "None")


def _of_any(said: Document, schema: Document) -> Iterator[str]:
    for each in schema["anyOf"]:
        yield _type(said, each)


if __name__ == "__main__":
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
