"""One engine per site: a lock file that the operating system lets go of when a process dies."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout


class SiteBusy(Exception):
    """Another engine already runs this site."""


class SiteLock:
    """Context manager that holds the site's lock. Raises SiteBusy when it is taken."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(str(path), timeout=0)

    def __enter__(self) -> SiteLock:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._lock.acquire()
        except Timeout:
            raise SiteBusy(
                f"Another engine already runs the site in {self._path.parent}; "
                "use that one, or stop it first."
            ) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()
