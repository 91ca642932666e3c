"""Runs one twin over its log: the chain of hashes goes on where it ended, also after a restart."""

from __future__ import annotations

from peerwatt.model.mealy import GENESIS_HASH, MealyMachine, Transition, replay_fault
from peerwatt.model.ports import TwinLog


class TwinLogFault(Exception):
    """A stored log does not belong to this machine; the message names the twin."""


class TwinRunner:
    """One twin. :meth:`observe` is pure in memory; :meth:`flush` makes its records durable.

    To bound the log, a step is recorded when the input differs from the one before or when the
    state changes; an input that repeats and leaves the state as it is adds nothing to the chain
    (in every table such a step is a self-loop, so a replay of the records is a replay of all).
    """

    def __init__(self, twin: str, machine: MealyMachine, log: TwinLog) -> None:
        """Continue from the last stored record of ``twin``, or begin at S0.

        Raises TwinLogFault when the stored state is none of the machine's.
        """
        self.twin, self.machine = twin, machine
        self._log = log
        self._pending: list[Transition] = []
        last = log.last(twin)
        self.state = machine.start if last is None else last.next_state
        self.symbol: str | None = None if last is None else last.symbol
        self._seq = 0 if last is None else last.seq + 1
        self._hash = GENESIS_HASH if last is None else last.hash()
        if self.state not in machine.states:
            raise TwinLogFault(
                f"The log of twin {twin!r} ends in {self.state!r}, which {machine.name!r} does "
                "not know; it was written by another version. Move the history file away."
            )

    def observe(self, symbol: str, time_ms: int, detail: str = "") -> Transition | None:
        """Take one input; return the record if there is one.

        Raises KeyError for a symbol the machine does not have.
        """
        after, output = self.machine.step(self.state, symbol)
        if symbol == self.symbol and after == self.state:
            return None
        record = Transition(
            twin=self.twin,
            seq=self._seq,
            previous_hash=self._hash,
            state=self.state,
            symbol=symbol,
            next_state=after,
            output=output,
            time_ms=time_ms,
            detail=detail,
        )
        self.state, self.symbol = after, symbol
        self._seq, self._hash = self._seq + 1, record.hash()
        self._pending.append(record)
        return record

    @property
    def transitions(self) -> int:
        """Number of records, those not yet stored included."""
        return self._seq

    @property
    def pending(self) -> tuple[Transition, ...]:
        """Records that are not durable yet."""
        return tuple(self._pending)

    def stored(self, count: int) -> None:
        """Drop the first ``count`` pending records: they are durable now."""
        del self._pending[:count]

    def flush(self) -> None:
        """Store what is pending. Blocking; on failure everything stays pending."""
        batch = self.pending
        if batch:
            self._log.append(batch)
            self.stored(len(batch))

    def root(self) -> str:
        """Return the hash of the newest record: it commits to the whole log."""
        return self._hash

    def fault(self) -> str | None:
        """Replay the stored log from S0; return ``None`` if it holds. Blocking."""
        return replay_fault(self.machine, self._log.records(self.twin))
