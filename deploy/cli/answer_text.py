"""An answer as a person reads it, on one screen. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_ORDER = ("confirmed", "consistent", "stale", "disputed", "contradicted", "unproven")
_ACCOUNTS = ("present", "elsewhere", "released", "in_repair", "on_loan", "spare", "scrapped", "sold", "unaccounted")
_FINE = frozenset({"confirmed", "consistent"})
_LINES = 6
_WORST = 10
_HOURS, _MINUTES = 3600, 60

Answer = Mapping[str, Any]


def against(answer: Answer) -> bool:
    """Whether anything speaks against the claim, or nothing is known of it."""
    if answer.get("answer") is not None:
        return answer["answer"]["verdict"] not in _FINE
    counts = answer["set"]["counts"]
    return not counts or any(verdict not in _FINE for of_kind in counts.values() for verdict in of_kind)


def screen(answer: Answer) -> str:
    """Write an answer in at most some 40 lines."""
    claim = answer["claim"]
    subject = claim["subject"]
    about = subject.get("asset") or subject.get("place") or _identifier(subject["identifier"])
    where = claim.get("place") or claim.get("country") or ""
    lines = [
        f"{claim['predicate']} {where}".strip() + f"  {about}  [{claim['from']}, {claim['until']})",
        f"cell {answer['cell']}{' (SIMULATED)' if answer['simulated'] else ''}, known at {answer['known_at']}",
        f"ruleset {answer['ruleset']}, for {answer['viewer']['operator']}",
    ]
    if asked := answer.get("known_at_asked"):
        lines.append(f"asked as known at {asked}, which is ahead of the horizon: answered as of the horizon")
    if answer.get("suspended"):
        lines.append(f"partitions that did not count, by a person's word: {answer['suspended']}")
    lines.append("")
    if answer.get("answer") is not None:
        lines += _single(answer["answer"])
    else:
        lines += _several(answer["set"])
    events = answer["events"]
    lines += ["", f"rests on {events['count']} events (last number {events['last']}, sha256 {events['sha256'][:16]}…)"]
    return "\n".join(lines)


def _identifier(identifier: Answer) -> str:
    return f"{identifier['scheme']}:{identifier['value']}"


def _single(one: Answer) -> list[str]:
    grades, coverage = one["grades"], one["coverage"]
    lines = [
        f"{one['verdict'].upper()}  {one['kind'] or 'thing'} {one['subject']}",
        f"  place      {one['place'] or 'none'}  (grade {grades['place'] or 'none'})",
        f"  identity   {grades['identity'] or 'none'}",
        f"  coverage   {_percent(coverage['share'])}; longest silence {_longest(coverage['longest_silence'])}",
    ]
    accounts = one.get("accounts") or []
    lines += _section("accounts", (_account(each) for each in accounts), len(accounts))
    lines += _section("silences", (_silence(each) for each in one["silences"]), len(one["silences"]))
    lines += _section("against", (_witness(each) for each in one["contradicting"]), len(one["contradicting"]))
    lines += _section("disputes", (_flat(each) for each in one["disputes"]), len(one["disputes"]))
    differences = one.get("differences") or []
    lines += _section("differences", (_flat(each) for each in differences), len(differences))
    for name in ("would_raise", "remains_to_trust", "cannot_see"):
        lines += _section(name.replace("_", " "), (_flat(each) for each in one[name]), len(one[name]))
    return lines


def _several(answer: Answer) -> list[str]:
    counts = answer["counts"]
    if not counts:
        return ["nothing stood there when the interval began"]
    lines = _table(counts, _ORDER)
    if (accounts := answer.get("accounts")) is not None:
        used = [word for word in _ACCOUNTS if any(word in of_kind for of_kind in accounts.values())]
        lines += ["", "in the end:", *_table(accounts, used)]
        for title, write in (("released", _release), ("unaccounted", _lost)):
            lines += _section(title, (write(each) for each in answer[title]["listed"]), answer[title]["count"])
    worst = answer["worst"]
    shown = (f"{each['verdict']}  {each['kind']} {each['subject']}  {_why(each)}" for each in worst)
    lines += _section("worst", shown, len(worst), _WORST)
    silences = answer["silences"]
    lines += _section("silences of sources", (_gap(each) for each in silences["longest"]), silences["count"])
    for name in ("remains_to_trust", "cannot_see"):
        codes = ", ".join(each["code"].replace("_", " ") for each in answer[name])
        lines += [f"{name.replace('_', ' ')}: {codes}"] if codes else []
    return lines


def _table(counts: Answer, columns: Sequence[str]) -> list[str]:
    lines = ["".join([f"{'':<12}", *(f"{word:>13}" for word in columns)])]
    for kind, of_kind in counts.items():
        lines.append("".join([f"{kind:<12}", *(f"{of_kind.get(word, 0) or '·':>13}" for word in columns)]))
    return lines


def _account(stretch: Answer) -> str:
    """Write what became of a thing for a while: the account, why, and on whose word."""
    stated = stretch.get("stated") or {}
    said = ", ".join(f"{name} {stated[name]}" for name in ("party", "document", "ticket", "by") if stated.get(name))
    taken = ("" if stated["accepted"] is None else ", accepted") if "accepted" in stated else ""
    seen = ", ".join(
        str(stretch[name]).replace("_", " ") for name in ("why", "ticket", "spare", "place") if name in stretch
    )
    more = "; ".join(each for each in (seen, said + taken) if each)
    return f"{stretch['from']} to {stretch['until']}: {stretch['account']}{f' ({more})' if more else ''}"


def _release(to: Answer) -> str:
    paper = f", {to['document']}" if to["document"] else ""
    return f"to {to['party']}{paper}: {to['count']}, of which accepted {to['accepted']}"


def _lost(thing: Answer) -> str:
    return f"{thing['kind'] or 'thing'} {thing['asset']}: {str(thing['why']).replace('_', ' ')} since {thing['since']}"


def _why(member: Answer) -> str:
    if member.get("accounts"):
        return _account(member["accounts"][-1])
    if member["contradicting"]:
        return _witness(member["contradicting"][0])
    if member["disputes"]:
        return _flat(member["disputes"][0])
    if member.get("differences"):
        return _flat(member["differences"][0])
    if isinstance(member["coverage"]["longest_silence"], dict):
        return _silence(member["coverage"]["longest_silence"])
    return _flat(member["would_raise"][0]) if member["would_raise"] else ""


def _section(title: str, rows: Iterable[str], count: int, most: int = _LINES) -> list[str]:
    if count == 0:
        return []
    lines = [f"{title}:"]
    for number, row in enumerate(rows):
        if number == most:
            break
        lines.append(f"  {row}")
    if count > most:
        lines.append(f"  … and {count - most} more (--json has them)")
    return lines


def _silence(silence: Answer) -> str:
    sources = ", ".join(each["source"] for each in silence["sources"][:2])
    since = silence["from"] or "the beginning"
    span = f"{since} to {silence['until'] or 'the end'} ({_long(silence['length_ms'] // 1000)}, {silence['cause']})"
    return f"{span}{' ABOVE THE LIMIT' if silence['above_limit'] else ''} {sources}".rstrip()


def _gap(gap: Answer) -> str:
    return f"{gap['source']}: {gap['from']} to {gap['until'] or 'now'} ({gap['cause']})"


def _witness(witness: Answer) -> str:
    where = witness.get("place") or (f"in {witness['container']}" if witness.get("container") else "nowhere")
    until = witness["until"] or "still"
    return f"{witness['source']} ({witness['grade']}): {where}, {witness['from']} to {until}"


def _longest(longest: object) -> str:
    return _long(longest["length_ms"] // 1000) if isinstance(longest, dict) else str(longest)


def _long(seconds: int) -> str:
    if seconds >= 2 * 24 * _HOURS:
        return f"{seconds // (24 * _HOURS)} d"
    if seconds >= _HOURS:
        return f"{seconds // _HOURS} h {seconds % _HOURS // _MINUTES} min"
    return f"{seconds // _MINUTES} min" if seconds >= _MINUTES else f"{seconds} s"


def _percent(share: str) -> str:
    whole, _, part = share.partition(".")
    return f"{int(whole + part[:2])}.{part[2:]} %"


def _flat(row: object) -> str:
    if not isinstance(row, dict):
        return str(row)
    head = str(row.get("code", "")).replace("_", " ")
    rest = ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in row.items() if name != "code" and value is not None
    )
    return f"{head}: {rest}" if head and rest else head or rest
