"""Small files of /sys and /proc below a root, which may be a captured tree; what could not be read is remembered."""

from collections.abc import Iterator
from pathlib import Path

_MOST = 1 << 20  # bytes; what is longer is no attribute


class Files:
    """Reads below `root`. `left_out` holds, in words, what was there and could not be read, each once."""

    def __init__(self, root: Path) -> None:
        """Take note; nothing is read yet."""
        self.root = root.resolve()
        self._left_out: dict[str, None] = {}

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was left out so far, and why."""
        return tuple(self._left_out)

    def leave_out(self, words: str) -> None:
        """Say that something is left out, and why."""
        self._left_out[words] = None

    def path(self, name: str) -> Path:
        """Give the path of an absolute name below the root."""
        return self.root / name.lstrip("/")

    def text(self, path: Path, what: str | None = None) -> str | None:
        """Read an attribute without blanks at its ends; None where it is absent, empty or not for us.

        `what` names it in `left_out` where it is there and may not be read. Blocks for a small file.
        """
        data = self.data(path, what)
        return data.decode("utf-8", "replace").strip("\0 \t\r\n") or None if data is not None else None

    def data(self, path: Path, what: str | None = None) -> bytes | None:
        """Like `text`, as the bytes that are there."""
        try:
            with path.open("rb") as file:
                return file.read(_MOST)
        except PermissionError:
            if what is not None:
                self.leave_out(f"{what}: only root may read {self._named(path)}")
        except OSError:
            return None
        return None

    def entries(self, name: str) -> Iterator[tuple[str, Path]]:
        """Give the entries of a folder by name, each with the real path that it leads to; none where it is absent."""
        try:
            found = sorted(self.path(name).iterdir())
        except OSError:
            return
        for entry in found:
            yield entry.name, self.real(entry)

    def real(self, path: Path) -> Path:
        """Give the path that a link leads to, below the root."""
        try:
            return path.resolve()
        except OSError:
            return path

    def devices(self, path: Path) -> tuple[str, ...]:
        """Give the parts of a real path below /sys/devices; none where it is elsewhere."""
        try:
            return path.relative_to(self.root / "sys/devices").parts
        except ValueError:
            return ()

    def _named(self, path: Path) -> str:
        return "/" + str(path.relative_to(self.root)) if path.is_relative_to(self.root) else path.name
