"""An answer as a person reads it, on one screen. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.facts.wording import REMARKS, line, percent, span

_ORDER = ("confirmed", "consistent", "stale", "disputed", "contradicted", "unproven")
_ACCOUNTS = ("present", "elsewhere", "released", "in_repair", "on_loan", "spare", "scrapped", "sold", "unaccounted")
_FINE = frozenset({"confirmed", "consistent"})
_LINES = 6
_WORST = 10
_LISTS = ("accounts", "silences", "contradicting", "disputes", "differences", *REMARKS)

Answer = Mapping[str, Any]


def against(answer: Answer) -> bool:
    """Whether anything speaks against the claim, or nothing is known of it."""
    if "cells" in answer:
        return any(against(each) for each in answer["cells"])
    if answer.get("answer") is not None:
        return answer["answer"]["verdict"] not in _FINE
    counts = answer["set"]["counts"]
    return not counts or any(verdict not in _FINE for of_kind in counts.values() for verdict in of_kind)


def screen(answer: Answer) -> str:
    """Write an answer in at most some 40 lines; what several cells answered, each so, and the sums."""
    if "cells" in answer:
        return "\n\n".join([*map(screen, answer["cells"]), *map(_sums, answer["sums"])])
    claim = answer["claim"]
    about = _about(claim["subject"])
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


def _about(subject: Answer) -> str:
    """Name what a claim is about."""
    kinds = f" ({', '.join(subject['kinds'])})" if subject.get("kinds") else ""
    if listed := subject.get("listed"):
        count = listed.get("count") or len(listed.get("assets", ())) + len(listed.get("identifiers", ()))
        return f"a list of {count}{kinds}"
    if identifier := subject.get("identifier"):
        return f"{identifier['scheme']}:{identifier['value']}"
    named = subject.get("asset") or subject.get("place") or subject.get("inside") or "everything"
    return f"{named}{kinds}"


def _sums(sums: Answer) -> str:
    simulated = " (SIMULATED)" if sums["simulated"] else ""
    lines = [f"together, {', '.join(sums['cells'])}{simulated}: {sums['members']} things"]
    lines += _table(sums["counts"], _ORDER) if sums["counts"] else []
    return "\n".join(lines + (["in the end:", *_accounts(sums["accounts"])] if sums.get("accounts") else []))


def _accounts(accounts: Answer) -> list[str]:
    used = [word for word in _ACCOUNTS if any(word in of_kind for of_kind in accounts.values())]
    return _table(accounts, used)


def _single(one: Answer) -> list[str]:
    grades, coverage = one["grades"], one["coverage"]
    lines = [
        f"{one['verdict'].upper()}  {one['kind'] or 'thing'} {one['subject']}",
        f"  place      {one['place'] or 'none'}  (grade {grades['place'] or 'none'})",
        f"  identity   {grades['identity'] or 'none'}",
        f"  coverage   {percent(coverage['share'])}; longest silence {_longest(coverage['longest_silence'])}",
    ]
    for name in _LISTS:
        lines += _section(name, one.get(name) or ())
    return lines


def _several(answer: Answer) -> list[str]:
    counts = answer["counts"]
    if not counts:
        return ["nothing stood there when the interval began"]
    lines = _table(counts, _ORDER)
    if (accounts := answer.get("accounts")) is not None:
        lines += ["", "in the end:", *_accounts(accounts)]
        for name in ("released", "unaccounted"):
            lines += _section(name, answer[name]["listed"], answer[name]["count"])
    worst = answer["worst"]
    shown = [f"{each['verdict']}  {each['kind']} {each['subject']}  {_why(each)}" for each in worst[:_WORST]]
    lines += _lines("worst", shown, len(worst))
    silences = answer["silences"]
    lines += _lines("silences of sources", [_gap(each) for each in silences["longest"][:_LINES]], silences["count"])
    for name in ("remains_to_trust", "cannot_see"):
        codes = ", ".join(each["code"].replace("_", " ") for each in answer[name])
        lines += [f"{name.replace('_', ' ')}: {codes}"] if codes else []
    return lines


def _table(counts: Answer, columns: Sequence[str]) -> list[str]:
    lines = ["".join([f"{'':<12}", *(f"{word:>13}" for word in columns)])]
    for kind, of_kind in counts.items():
        lines.append("".join([f"{kind:<12}", *(f"{of_kind.get(word, 0) or '·':>13}" for word in columns)]))
    return lines


def _why(member: Answer) -> str:
    """Give the one line that tells most of why a member is among the worst."""
    if member.get("accounts"):
        return line("accounts", member["accounts"][-1])
    for name in ("contradicting", "disputes", "differences"):
        if member.get(name):
            return line(name, member[name][0])
    longest = member["coverage"]["longest_silence"]
    if isinstance(longest, dict):
        return line("silences", longest)
    return line("would_raise", member["would_raise"][0]) if member["would_raise"] else ""


def _section(name: str, rows: Sequence[Answer], count: int | None = None) -> list[str]:
    """Write the first rows of one of the answer's lists, each in the words of the facts."""
    return _lines(
        name.replace("_", " "), [line(name, row) for row in rows[:_LINES]], len(rows) if count is None else count
    )


def _lines(title: str, rows: Sequence[str], count: int) -> list[str]:
    more = [f"  … and {count - len(rows)} more (--json has them)"] if count > len(rows) else []
    return [f"{title}:", *(f"  {row}" for row in rows), *more] if count else []


def _gap(gap: Answer) -> str:
    return f"{gap['source']}: {gap['from']} to {gap['until'] or 'now'} ({gap['cause']})"


def _longest(longest: object) -> str:
    return span(longest["length_ms"]) if isinstance(longest, dict) else str(longest)
