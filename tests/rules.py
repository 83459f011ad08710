"""Which tests show which rule of SEMANTICS: `python -m tests.rules` prints the table. Reads test files, runs none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
RULES = (*range(1, 30), *range(33, 37))

_NAMED = re.compile(r"(?<![a-z])rules?[ _](\d+(?:(?:, (?:and )?|[ _]and[ _]| to |, to )\d+)*)", re.IGNORECASE)
_PIECE = re.compile(r"(, to | to )?(\d+)")


def named(text: str) -> frozenset[int]:
    """Give the rules that a text names: "rule 5", "rules 9, 12 and 17 to 19", `test_rule_5_…`."""
    found: set[int] = set()
    for match in _NAMED.finditer(text):
        before = 0
        for to, number in _PIECE.findall(match[1]):
            found.update(range(before, int(number)) if to else ())
            before = int(number)
            found.add(before)
    return frozenset(found)


def tests() -> Iterator[tuple[str, str]]:
    """Give every test function that is collected (file::name), with its name and its own and its class's docstring."""
    for path in sorted(ROOT.rglob("test_*.py")):
        file = path.relative_to(ROOT.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"), file)
        for node in tree.body:
            yield from _collected(file, node, "")


def _collected(file: str, node: ast.stmt, around: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
        for inner in node.body:
            yield from _collected(f"{file}::{node.name}", inner, ast.get_docstring(node) or "")
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        yield f"{file}::{node.name}", f"{node.name} {ast.get_docstring(node) or ''} {around}"


def table() -> dict[int, list[str]]:
    """Give the tests that name each rule."""
    found: dict[int, list[str]] = {rule: [] for rule in RULES}
    for test, text in tests():
        for rule in named(text) & found.keys():
            found[rule].append(test)
    return found


def main() -> None:
    """Print the table in Markdown."""
    lines = ["| rule | tests |", "|---|---|"]
    for rule, names in table().items():
        shown = "<br>".join(f"`{name.removeprefix('tests/')}`" for name in names) or "none"
        lines.append(f"| {rule} | {shown} |")
    print("\n".join(lines))  # noqa: T201 - the table is the answer


if __name__ == "__main__":
    main()
