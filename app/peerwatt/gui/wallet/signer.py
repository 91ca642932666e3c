"""The signer's process as the window sees it: requests in turn, answers on the window's thread.

Each dialog has a process of its own and ends it when it closes: with it go the passwords and keys
that were in its memory. Nothing of a request or an answer is ever logged.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from ..words import translate

PATIENCE_MS = 60_000
"""Longest wait for an answer; opening a key takes about a second."""
DEVICE_PATIENCE_MS = 300_000
"""Longest wait while somebody has to press buttons on a device."""
REST_MS = 60_000
"""A process that nobody asks is ended after this time, before it ends by itself."""
MAX_ANSWER_BYTES = 4_000_000
DEVICE_REQUESTS = {"hardware_address", "hardware_add"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was not carried out, and which part of it is to blame where that is known."""

    sentence: str
    field: str | None = None


Answer = Mapping[str, Any]
Done = Callable[[Answer], None]
Failed = Callable[[Refusal], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    number: int
    done: Done
    failed: Failed
    patience_ms: int


def signer_command(site: str) -> tuple[str, list[str]]:
    """Return program and arguments of a site's signer."""
    words = ["signer", "--site", site]
    if not getattr(sys, "frozen", False):
        words = ["-m", "peerwatt", *words]
    return sys.executable, words


class Signer(QObject):
    """One signer's process, started when it is first asked."""

    busy = Signal(bool)
    """Whether an answer is awaited."""

    def __init__(self, command: tuple[str, Sequence[str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = command
        self._process: QProcess | None = None
        self._waiting: deque[_Waiting] = deque()
        self._numbers = 0
        self._held = b""
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._too_late)

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    @property
    def awaiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    def ask(
        self, op: str, done: Done, failed: Failed, *, by_device: bool = False, **parts: Any
    ) -> None:
        """Send a request; exactly one of ``done`` and ``failed`` follows, unless it is stopped.

        ``by_device`` says that the owner has to press buttons on a device meanwhile.
        """
        process = self._process or self._start()
        self._numbers += 1
        patient = by_device or op in DEVICE_REQUESTS
        patience_ms = DEVICE_PATIENCE_MS if patient else PATIENCE_MS
        self._waiting.append(_Waiting(self._numbers, done, failed, patience_ms))
        line = json.dumps({"op": op, "id": self._numbers, **parts})
        process.write(line.encode() + b"\n")
        if len(self._waiting) == 1:
            self._limit.start(patience_ms)
            self.busy.emit(True)

    def stop(self) -> None:
        """End the process at once; nobody hears of what was asked of it."""
        self._waiting.clear()
        self._leave()
        self.busy.emit(False)

    def _start(self) -> QProcess:
        process = QProcess()
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.errorOccurred.connect(self._broke)
        process.finished.connect(self._ended)
        self._process = process
        program, words = self._command
        process.start(program, list(words))
        return process

    def _leave(self) -> None:
        process, self._process, self._held = self._process, None, b""
        self._limit.stop()
        if process is None:
            return
        process.readyReadStandardOutput.disconnect(self._read)
        process.errorOccurred.disconnect(self._broke)
        process.finished.disconnect(self._ended)
        _end(process)

    def _read(self) -> None:
        if self._process is None:
            return
        self._held += bytes(self._process.readAllStandardOutput().data())
        *lines, self._held = self._held.split(b"\n")
        if len(self._held) > MAX_ANSWER_BYTES:
            self._fail(translate("Signer", "The signer gave an answer without end."))
            return
        for line in lines:
            if self._waiting:
                self._take(line)

    def _take(self, line: bytes) -> None:
        waiting = self._waiting.popleft()
        try:
            answer = json.loads(line)
            if not isinstance(answer, dict) or answer.get("id") != waiting.number:
                raise ValueError
        except ValueError:
            self._waiting.appendleft(waiting)
            self._fail(translate("Signer", "The signer gave an answer that cannot be read."))
            return
        if self._waiting:
            self._limit.start(self._waiting[0].patience_ms)
        else:
            self._limit.start(REST_MS)
            self.busy.emit(False)
        if answer.get("ok") is True:
            waiting.done(answer)
        else:
            waiting.failed(Refusal(str(answer.get("error", "")), answer.get("field")))

    def _broke(self, kind: QProcess.ProcessError) -> None:
        if kind == QProcess.ProcessError.FailedToStart:
            self._fail(
                translate(
                    "Signer",
                    "The signer, which holds your keys, cannot be started; install Peerwatt anew.",
                )
            )

    def _ended(self) -> None:
        self._fail(translate("Signer", "The signer has ended; nothing was signed. Try again."))

    def _too_late(self) -> None:
        if self._waiting:
            self._fail(translate("Signer", "The signer does not answer; nothing was signed."))
        else:
            self._leave()

    def _fail(self, sentence: str) -> None:
        waiting = list(self._waiting)
        self.stop()
        for one in waiting:
            one.failed(Refusal(sentence))


_ENDING: set[QProcess] = set()


def _end(process: QProcess) -> None:
    """Kill a process without waiting for it; it is kept until it is gone."""
    if process.state() == QProcess.ProcessState.NotRunning:
        process.deleteLater()
        return

    def gone() -> None:
        _ENDING.discard(process)
        process.deleteLater()

    _ENDING.add(process)
    process.finished.connect(gone)
    process.kill()


def wait_for_ending(timeout_ms: int = 1000) -> None:
    """Wait until every process that was told to end has; for the end of the window."""
    for process in tuple(_ENDING):
        process.waitForFinished(timeout_ms)
