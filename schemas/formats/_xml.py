"""Strict XML: no entities of the document's own, nothing fetched, no bottomless nesting. Pure; raises `Rejected`."""

from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from schemas.errors import Rejected

MAX_DEPTH = 64


class _Shallow(TreeBuilder):
    """Builds elements down to MAX_DEPTH."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Rejected("too_deep", f"the document nests deeper than {MAX_DEPTH} levels")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def load(body: bytes) -> Element:
    """Read a document's root. Raises `Rejected`: `bad_xml` (entities and external parts included), `too_deep`.

    A document type that is merely named (`SYSTEM "x.dtd"`) is not fetched.
    """
    parser = DefusedXMLParser(target=_Shallow(), forbid_entities=True, forbid_external=True)
    try:
        parser.feed(body)
        root = parser.close()
    except DefusedXmlException as exc:
        raise Rejected("bad_xml", f"the document defines or fetches entities ({type(exc).__name__})") from exc
    except (ParseError, ValueError, LookupError, AssertionError) as exc:
        raise Rejected("bad_xml", f"the body is not XML: {exc}") from exc
    if not isinstance(root, Element):
        raise Rejected("bad_xml", "the document has no root element")
    return root
