"""One page from which a person asks: it calls the same API with the person's own key and loads nothing else."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from service.console import docs


def _read(name: str) -> str:
    return files("service.console").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


_STYLE = _read("page.css")
_SCRIPT = _read("page.js")
_PAGE = _read("page.html").replace("/*style*/", _STYLE).replace("/*script*/", _SCRIPT)

POLICY = (
    f"default-src 'none'; style-src 'sha256-{_hash(_STYLE)}'; script-src 'sha256-{_hash(_SCRIPT)}'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy that the page needs, and nothing more."""


def page() -> str:
    """Give the page, whole."""
    return _PAGE


def api_page(schema: Mapping[str, Any]) -> str:
    """Give the page of the API's routes, out of its OpenAPI document."""
    return docs.docs(schema, _STYLE)
