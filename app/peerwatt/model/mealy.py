"""Digital twins as Mealy machines M = (S, S0, X, Y, delta, lambda) with a hash-chained log.

The machine is a printable table of pure functions over finite symbols, so totality can be
checked; each transition is a record whose hash covers the one before, so that a log can be
replayed from S0 and its last hash (the root) can be anchored on a chain.
(Mealy, "A Method for Synthesizing Sequential Circuits", Bell System Technical Journal 34, 1955.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import product

GENESIS_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class MealyMachine:
    """A finite machine: states, inputs and the table (state, input) -> (next state, output)."""

    name: str
    states: tuple[str, ...]
    start: str
    inputs: tuple[str, ...]
    table: Mapping[tuple[str, str], tuple[str, str]]

    def missing(self) -> tuple[tuple[str, str], ...]:
        """Return the (state, input) pairs without an entry; empty when the table is total."""
        return tuple(p for p in product(self.states, self.inputs) if p not in self.table)

    def step(self, state: str, symbol: str) -> tuple[str, str]:
        """Return (delta(state, symbol), lambda(state, symbol)).

        Raises KeyError for a state or input that the machine does not have.
        """
        return self.table[state, symbol]

    def rows(self) -> Iterable[tuple[str, str, str, str]]:
        """Yield the table as (state, input, next state, output), in order, for printing."""
        for pair in product(self.states, self.inputs):
            yield (*pair, *self.table[pair])


def table_from(
    states: tuple[str, ...],
    inputs: tuple[str, ...],
    delta: Callable[[str, str], str],
    output: Callable[[str, str], str],
) -> dict[tuple[str, str], tuple[str, str]]:
    """Build the total table of two pure functions over all states and inputs."""
    return {(s, x): (delta(s, x), output(s, x)) for s, x in product(states, inputs)}


@dataclass(frozen=True, slots=True)
class Transition:
    """One stored step of a twin: {twin, seq, previous hash, state, input, output, time}."""

    twin: str
    seq: int
    previous_hash: str
    state: str
    symbol: str
    next_state: str
    output: str
    time_ms: int
    detail: str = ""
    """The values and the reason behind the input symbol, as canonical JSON."""

    def hash(self) -> str:
        """Return the SHA-256 of the canonical JSON of all fields, as 64 hex digits."""
        fields = [
            self.twin,
            self.seq,
            self.previous_hash,
            self.state,
            self.symbol,
            self.next_state,
            self.output,
            self.time_ms,
            self.detail,
        ]
        return hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def replay_fault(
    machine: MealyMachine, log: Iterable[Transition], root: str | None = None
) -> str | None:
    """Replay a twin's log from S0; return ``None`` if it holds, else what breaks first.

    Only ``root``, the hash of the last record as it was anchored, shows that the last record
    was altered, or that records were cut off or added at the end.
    """
    state, previous, seq = machine.start, GENESIS_HASH, 0
    for record in log:
        if record.seq != seq:
            return f"record {record.seq} stands where {seq} was expected"
        if record.previous_hash != previous:
            return f"record {seq} does not follow from the one before"
        if record.state != state:
            return f"record {seq} starts in {record.state!r} instead of {state!r}"
        expected = machine.table.get((state, record.symbol))
        if expected != (record.next_state, record.output):
            return f"record {seq} is no step of the machine"
        state, previous, seq = record.next_state, record.hash(), seq + 1
    if root is not None and previous != root:
        return f"the log of {seq} records does not end in its anchored root"
    return None
