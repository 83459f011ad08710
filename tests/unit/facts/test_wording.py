"""Answers in words: the same as the data says, by templates that hold no facts of their own."""

import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import service.facts as package
from schemas.words import Account, BindingEnd, Predicate, Status, Verdict
from service.facts import templates, wording
from service.facts.claims import Claim
from service.facts.document import document, document_of_set
from service.facts.evidence import Evidence
from service.facts.judge import judge
from service.facts.sets import judge_set
from tests.properties.test_accounts import said_of
from tests.properties.test_verdicts import CLAIMS
from tests.support.verdicts import GPU, RACK, TRAY

EVERY = {**templates.VERDICTS, **templates.CLAIMS, **templates.SENTENCES, **templates.CODES}
CODE = re.compile(r'\bcode\(\s*"(\w+)"|\("(an_ident\w+)", _')


def literal(template: str) -> str:
    """Give the template without what is filled in."""
    return "".join(text for text, *_ in string.Formatter().parse(template))


def test_every_verdict_and_every_predicate_has_its_words() -> None:
    assert set(templates.VERDICTS) == {each.value for each in Verdict}
    assert {name.partition("/")[0] for name in templates.CLAIMS} == {each.value for each in Predicate}


def test_every_remark_that_the_facts_make_has_its_words_and_no_other() -> None:
    text = "".join(path.read_text() for path in Path(package.__path__[0]).glob("*.py"))
    made = {name for pair in CODE.findall(text) for name in pair if name}
    made |= {"sources_of_unknown_domain", "control_domain"}  # chosen by name, just above where they are made
    assert made == set(templates.CODES)


@pytest.mark.parametrize("name", EVERY)
def test_a_template_holds_no_figure_no_name_and_no_date(name: str) -> None:
    said = literal(EVERY[name])
    assert not re.search(r"\d", said)
    capitals = re.findall(r"(?<![.!?] )(?<!^)\b[A-Z]\w*", said)
    assert not capitals, capitals
    assert EVERY[name].endswith((".", "?"))


def strings(of: object) -> Iterator[str]:
    """Give every value in a document as text, as it stands and as people write it."""
    if isinstance(of, Mapping):
        for name, value in of.items():
            yield str(name)
            yield from strings(value)
            if name.endswith("_ms") and isinstance(value, int):
                yield wording.span(value)
            if name == "share":
                yield wording.percent(str(value))
    elif isinstance(of, list):
        for each in of:
            yield from strings(each)
    else:
        yield str(of)
        yield wording.plain(str(of))


FILLERS = {"the beginning", "the end", "none", "no interval", "here", "each of them", "None"}


def pieces(value: str) -> Iterator[str]:
    """Cut what fills a template into the values that it is made of."""
    if value.startswith(("at ", "in ")):
        yield value[3:]
    elif value.startswith((", ", " (")):
        for each in value.strip(" ,()").split(", "):
            yield each.removeprefix("party ").removeprefix("document ").removeprefix("ticket ").removeprefix("place ")
    else:
        yield value


def known(value: str, data: set[str]) -> bool:
    """Whether a filling says nothing but what the data holds."""
    if not value or value in data or value in FILLERS:
        return True
    return all(
        each in data
        or each in {"accepted", "not accepted", *FILLERS}
        or all(part in data for part in (*each.split(" ", 1),))
        or all(part in data for count in each.split(", ") for part in count.split(" ", 1))
        for each in pieces(value)
    )


def checked(written: dict[str, Any], said: list[wording.Said], claim: dict[str, Any]) -> None:
    """Hold the words of an answer to its data."""
    assert [wording.written(key, values) for key, values in said] == written["words"]
    data = {*strings({name: value for name, value in written.items() if name != "words"}), *strings(claim)}
    for key, values in said:
        table, _, name = key.partition(":")
        fields = {field for _, field, *_ in string.Formatter().parse(EVERY[name]) if field}
        assert fields <= values.keys(), key
        if key != "say:more":  # says how many there are beyond those listed
            for field in fields:
                assert known(values[field], data), (key, field, values[field])
        assert table in {"verdict", "claim", "say", "code"}
    keys = [key for key, _ in said]
    for name in ("would_raise", "remains_to_trust", "cannot_see"):
        assert {f"code:{each['code']}" for each in written.get(name, ())} <= set(keys)


@settings(max_examples=120, deadline=None)
@given(said_of(), st.sampled_from(CLAIMS))
def test_words_say_what_the_data_says_and_nothing_else(evidence: Evidence, claim: Claim) -> None:
    for subject in (GPU, TRAY, RACK):
        written: dict[str, Any] = document(judge(claim, subject, evidence))
        said = list(wording.sentences(written, written["claim"]))
        checked(written, said, written["claim"])
        keys = [key for key, _ in said]
        assert [key for key in keys if key.startswith("verdict:")] == [f"verdict:{written['verdict']}"]
        for rows, prefix in (
            ("accounts", "say:account"),
            ("silences", "say:silence"),
            ("contradicting", "say:against"),
            ("disputes", "say:dispute"),
            ("differences", "say:difference"),
        ):
            found = [values for key, values in said if key.split("/")[0] == prefix]
            listed = written.get(rows) or []
            assert len(found) == min(len(listed), wording.LISTED)
            for row, values in zip(listed, found, strict=False):
                assert values["since"] == str(row["from"] or "the beginning")
            if len(listed) > wording.LISTED:
                assert ("say:more", str(len(listed) - wording.LISTED)) in {(k, v.get("count")) for k, v in said}


@settings(max_examples=60, deadline=None)
@given(said_of(), st.sampled_from(CLAIMS))
def test_words_of_a_set_say_its_counts(evidence: Evidence, claim: Claim) -> None:
    written: dict[str, Any] = document_of_set(judge_set(claim, [GPU, TRAY, RACK], evidence))
    said = list(wording.sentences_of_set(written, written["claim"]))
    checked(written, said, written["claim"])
    text = " ".join(written["words"])
    for name in ("counts", "accounts"):
        for kind, counts in (written.get(name) or {}).items():
            for word, count in counts.items():
                assert re.search(rf"{kind}[^.]*\b{count} {wording.plain(word)}\b", text), (kind, word)


def test_lengths_and_shares_are_written_as_people_read_them() -> None:
    assert [wording.span(ms) for ms in (0, 1_500, 61_000, 300_000, 3_660_000, 3_601_000, 90_000_000)] == [
        "0.000 s", "1.500 s", "1 min 1 s", "5 min", "1 h 1 min", "1 h", "1 d 1 h",
    ]  # fmt: skip
    assert [wording.percent(share) for share in ("1.0000", "0.9987", "0.0001")] == ["100.00 %", "99.87 %", "0.01 %"]
    assert {wording.plain(each) for each in (Account.IN_REPAIR, Status.ON_LOAN, BindingEnd.ABSENT)} == {
        "in repair", "on loan", "absent",
    }  # fmt: skip
