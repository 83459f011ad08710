"""An answer in words: what its data says, in English, for a person. Pure; standard library alone.

Templates hold no facts of their own: every figure, name and date in a sentence comes out of the document beside it, and
every remark, dispute, difference, account and witness of the document has its sentence (long lists: the first of them,
and how many more). The words belong to the ruleset that the answer names, as its verdict does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from service.facts.templates import CLAIMS, CODES, SENTENCES, VERDICTS

REMARKS = ("would_raise", "remains_to_trust", "cannot_see")
LISTED = 6  # items of one list that get a sentence; how many more there are is said

Document = Mapping[str, Any]
Said = tuple[str, Mapping[str, str]]


def explain(document: Document, claim: Document) -> list[str]:
    """Put the answer about one thing into words; `claim` is the claim as judged, which may stand beside the answer."""
    return [written(key, values) for key, values in sentences(document, claim)]


def explain_set(document: Document, claim: Document) -> list[str]:
    """Put the answer about a set into words; each of its worst members has its own."""
    return [written(key, values) for key, values in sentences_of_set(document, claim)]


def line(name: str, row: Document) -> str:
    """Put one row of a document's list into words; `name` is the list's."""
    return written(*_ROWS[name](row))


def written(key: str, values: Mapping[str, str]) -> str:
    """Fill a template. `key` names its table and its place in it."""
    table, _, name = key.partition(":")
    return _TABLES[table][name].format(**values)


_TABLES: Mapping[str, Mapping[str, str]] = {"verdict": VERDICTS, "claim": CLAIMS, "say": SENTENCES, "code": CODES}


def sentences(document: Document, claim: Document) -> Iterator[Said]:
    """Give each sentence as its template and what fills it, all of it out of the document."""
    subject = f"{document['kind']} {document['subject']}" if document.get("kind") else str(document["subject"])
    yield _asked(subject, claim)
    yield f"verdict:{document['verdict']}", {}
    judged, grades, coverage = document["judged"], document["grades"], document["coverage"]
    if judged["until"] != claim["until"]:
        yield "say:judged_until", {"until": judged["until"]}
    if document.get("place"):
        name = "say:place" if grades["place"] else "say:place/none"
        yield name, {"place": document["place"], "grade": str(grades["place"])}
    if grades["identity"]:
        yield "say:identity", {"grade": grades["identity"]}
    if document["verdict"] != "unproven" and claim["predicate"] != "not_on_record":
        longest = coverage["longest_silence"]
        shown = span(longest["length_ms"]) if isinstance(longest, Mapping) else str(longest)
        yield "say:coverage", {"share": percent(coverage["share"]), "silence": shown}
    yield from _few(document.get("accounts") or (), "accounts", _account)
    yield from _few(document["silences"], "silences", _silence)
    yield from _few(document["contradicting"], "witnesses against it", _against)
    yield from _few(document["disputes"], "disputes", _dispute)
    yield from _few(document.get("differences") or (), "differences", _difference)
    for name in REMARKS:
        yield from map(_code, document[name])


def sentences_of_set(document: Document, claim: Document) -> Iterator[Said]:
    """Give the sentences about a set as a whole."""
    subject = claim.get("subject") or {}
    yield _asked(str(subject.get("place") or "each of them"), claim)
    yield "say:members", {"count": str(document["members"])}
    for name in ("count", "accounts"):
        for kind, counts in (document.get(f"{name.rstrip('s')}s") or {}).items():
            said = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in counts.items())
            yield f"say:{name}", {"kind": kind, "counts": said}
    released, lost = document.get("released"), document.get("unaccounted")
    if released is not None and lost is not None:
        yield from _few(released["listed"], "releases", _released, released["count"])
        yield from _few(lost["listed"], "unaccounted things", _unaccounted, lost["count"])
    if "silences" in document:
        yield "say:silences", {"count": str(document["silences"]["count"])}
    for name in REMARKS:
        yield from map(_code, document.get(name, ()))


def _asked(subject: str, claim: Document) -> Said:
    key = str(claim["predicate"])
    values = {"subject": subject, "since": claim["from"], "until": claim["until"]}
    for name in ("place", "country"):
        if claim.get(name):
            key, values[name] = f"{key}/{name}", claim[name]
    return f"claim:{key}", values


def _few(
    rows: Iterable[Document], what: str, say: Callable[[Document], Said], count: int | None = None
) -> Iterator[Said]:
    every = list(rows)
    for row in every[:LISTED]:
        yield say(row)
    total = len(every) if count is None else count
    if total > LISTED:
        yield "say:more", {"count": str(total - LISTED), "what": what}


def _during(row: Document) -> dict[str, str]:
    return {"since": str(row["from"] or "the beginning"), "until": str(row["until"] or "the end")}


def _account(row: Document) -> Said:
    values = {**_during(row), "account": plain(row["account"])}
    stated = row.get("stated")
    if stated is not None:
        named = [f", {name} {stated[name]}" for name in ("party", "document", "ticket", "place") if stated.get(name)]
        taken = [] if "accepted" not in stated else [", accepted" if stated["accepted"] else ", not accepted"]
        more = "".join((*named, *taken))
        name = "say:account/overdue" if row.get("why") else "say:account/said"
        return name, {**values, "by": stated["by"], "status": plain(stated["status"]), "more": more}
    for name in ("ticket", "spare"):
        if row.get(name):
            return f"say:account/{name}", {**values, name: row[name]}
    if row.get("place"):
        return "say:account/seen", {**values, "place": row["place"]}
    return ("say:account/why", {**values, "why": plain(row["why"])}) if row.get("why") else ("say:account", values)


def _silence(row: Document) -> Said:
    source = ", ".join(each["source"] for each in row["sources"])
    name = "say:silence/above_limit" if row["above_limit"] else "say:silence"
    return name, {**_during(row), "source": source, "length": span(row["length_ms"]), "cause": plain(row["cause"])}


def _against(row: Document) -> Said:
    where = f"at {row['place']}" if row.get("place") else f"in {row['container']}" if row.get("container") else "here"
    said = {"source": row["source"], "domain": row["control_domain"], "where": where, "grade": row["grade"]}
    return "say:against", {**_during(row), **said}


def _dispute(row: Document) -> Said:
    said = {"about": row["about"], "asset": row["asset"], "why": plain(row["why"]), "since": row["from"]}
    return "say:dispute", said


def _difference(row: Document) -> Said:
    values = {**_during(row), "what": plain(row["what"])}
    if "found" in row:
        counted = {"kind": str(row["kind"]), "found": str(row["found"]), "expected": str(row["expected"])}
        return "say:difference/count", {**values, **counted}
    thing = str(row.get("given") or f"{row['kind']} {row['asset']}")
    if row.get("late_ms"):
        late = {"ticket": row["explained_by"], "late": span(row["late_ms"])}
        return "say:difference/late", {**values, "thing": thing, **late}
    if row.get("explained_by"):
        return "say:difference/explained", {**values, "thing": thing, "ticket": row["explained_by"]}
    return "say:difference", {**values, "thing": thing}


def _released(row: Document) -> Said:
    paper = f" ({row['document']})" if row["document"] else ""
    said = {"party": str(row["party"]), "document": paper, "count": str(row["count"]), "accepted": str(row["accepted"])}
    return "say:released", said


def _unaccounted(row: Document) -> Said:
    said = {"kind": str(row["kind"]), "asset": row["asset"], "since": row["since"], "why": plain(str(row["why"]))}
    return "say:unaccounted", said


def _code(row: Document) -> Said:
    values = {name: plain(str(value)) if name == "why" else str(value) for name, value in row.items() if name != "code"}
    for name in ("limit", "interval"):
        if f"{name}_ms" in row:
            values[name] = span(row[f"{name}_ms"]) if row[f"{name}_ms"] is not None else "no interval"
    if "have" in row:
        values["have"] = row["have"] or "none"
    return f"code:{row['code']}", values


_ROWS: Mapping[str, Callable[[Document], Said]] = {
    "accounts": _account,
    "silences": _silence,
    "contradicting": _against,
    "disputes": _dispute,
    "differences": _difference,
    "released": _released,
    "unaccounted": _unaccounted,
    **dict.fromkeys(REMARKS, _code),
}


def plain(word: str) -> str:
    """Give a word of the data as people write it."""
    return word.replace("_", " ")


def percent(share: str) -> str:
    """Give a share with four decimals as hundredths."""
    whole, _, part = share.partition(".")
    return f"{int(whole + part[:2])}.{part[2:]} %"


def span(length_ms: int) -> str:
    """Give a length of time in its two largest units, rounded down; the second one only where it is not zero."""
    seconds = length_ms // 1000
    units = (("d", seconds // 86_400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60), ("s", seconds % 60))
    for (name, count), (lesser, rest) in pairwise(units):
        if count:
            return f"{count} {name} {rest} {lesser}" if rest else f"{count} {name}"
    return f"{seconds}.{length_ms % 1000:03d} s"
