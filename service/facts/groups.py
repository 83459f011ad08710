"""Union-find that refuses contradictions: all unions of a step at once, so that their order does not matter."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

Link = TypeVar("Link", bound=Hashable)


class Forest:
    """Groups of keys. `singles` gives for each key its values in the schemes of which one thing has one value.

    Mutable, of one caller. Two keys of a cut are never united.
    """

    def __init__(
        self, singles: Mapping[bytes, Mapping[str, frozenset[str]]], cuts: Iterable[tuple[bytes, bytes]]
    ) -> None:
        self._parent = {key: key for key in singles}
        self._singles = {key: dict(values) for key, values in singles.items()}
        self._cuts = [cut for cut in set(cuts) if cut[0] in singles and cut[1] in singles and cut[0] != cut[1]]

    def root(self, key: bytes) -> bytes:
        """Give the key that stands for the group of `key`, until the next union."""
        return _find(self._parent, key)

    def groups(self) -> Iterator[list[bytes]]:
        """Iterate over all groups."""
        out: dict[bytes, list[bytes]] = defaultdict(list)
        for key in self._parent:
            out[self.root(key)].append(key)
        yield from out.values()

    def agree(self, one: bytes, other: bytes) -> bool:
        """Whether two groups could be one."""
        roots = {self.root(one), self.root(other)}
        return not self._contradict(roots) and not any({self.root(a), self.root(b)} == roots for a, b in self._cuts)

    def unite(self, links: Mapping[Link, Sequence[bytes]], *, persons: bool = False) -> list[Link]:
        """Unite the keys of each link, all links at once; give the links that join nothing, as their values contradict.

        Where the groups that links connect contradict each other, or hold both ends of a cut, none of these joins.
        Only contradictions are given back: a cut is what a person said already. `persons`: they do not count.
        """
        trial: dict[bytes, bytes] = {}
        joining = {link: roots for link, keys in links.items() if len(roots := {self.root(key) for key in keys}) > 1}
        for roots in joining.values():
            _join(trial, roots)
        together: dict[bytes, list[bytes]] = defaultdict(list)
        for root in trial:
            together[_find(trial, root)].append(root)
        cut: set[bytes] = set()
        for a, b in self._cuts:
            one, other = self.root(a), self.root(b)
            if one in trial and other in trial and _find(trial, one) == _find(trial, other):
                cut.add(_find(trial, one))
        wrong = set() if persons else {top for top, united in together.items() if self._contradict(united)}
        for top, united in together.items():
            if top not in cut and top not in wrong:
                self._merge(united)
        return [link for link, roots in joining.items() if _find(trial, next(iter(roots))) in wrong]

    def _contradict(self, roots: Iterable[bytes]) -> bool:
        """Whether the groups have together more values in a single-valued scheme than one of them has already."""
        stated: dict[str, set[str]] = defaultdict(set)
        most: dict[str, int] = defaultdict(int)
        for root in roots:
            for scheme, values in self._singles[root].items():
                stated[scheme] |= values
                most[scheme] = max(most[scheme], len(values))
        return any(len(values) > most[scheme] for scheme, values in stated.items())

    def _merge(self, roots: Iterable[bytes]) -> None:
        top, *others = roots
        stated = self._singles[top]
        for other in others:
            self._parent[other] = top
            for scheme, values in self._singles[other].items():
                stated[scheme] = stated.get(scheme, frozenset()) | values


def _find(parent: dict[bytes, bytes], key: bytes) -> bytes:
    top = key
    while parent[top] != top:
        top = parent[top]
    while parent[key] != top:
        parent[key], key = top, parent[key]
    return top


def _join(parent: dict[bytes, bytes], keys: Iterable[bytes]) -> None:
    for key in keys:
        parent.setdefault(key, key)
    first, *others = (_find(parent, key) for key in keys)
    for other in others:
        if _find(parent, other) != _find(parent, first):
            parent[_find(parent, other)] = _find(parent, first)
