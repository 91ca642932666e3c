"""Which rules of the EVM hold in a block, and the library modules that implement them."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..consensus.header import Header
from . import CallRefused
from .deadline import check_deadline
from .precompiles import bounded

BY_TIME: dict[int, tuple[tuple[int, str], ...]] = {
    1: ((1_767_747_671, "bpo2"), (1_765_290_071, "bpo1"), (1_764_798_551, "osaka")),
}
"""Chain id -> (first second, fork), newest first, for forks that a header does not show (EIP-7607,
EIP-7892). Any other chain has the newest fork that the form of its headers allows."""
_BY_FIELDS = {15: "berlin", 16: "london", 17: "shanghai", 20: "cancun", 21: "prague"}
MAX_FRAMES = 5_000
"""The library raises the limit of frames so far that C code of others overflows its stack; the
gas of a call ends a chain of inner calls after some 700, four frames each (EIP-150)."""


@dataclass(frozen=True, slots=True)
class Fork:
    """The modules of one fork in the EVM library."""

    name: str
    precompiles: Mapping[Any, Callable[[Any], None]]
    vm: Any
    interpreter: Any
    state: Any
    trie: Any
    fork_types: Any
    transactions: Any
    message: Any


def fork_of(chain_id: int, header: Header) -> str:
    """Return the name of the fork whose rules hold in a block. Raises CallRefused."""
    for first_s, name in BY_TIME.get(chain_id, ()):
        if header.timestamp >= first_s:
            return name
    fields = header.field_count
    if fields == 16 and header.difficulty == 0:
        return "paris"
    if fields not in _BY_FIELDS:
        raise CallRefused("The block is of a fork whose calls this version cannot run.")
    return _BY_FIELDS[fields]


_loading = threading.Lock()


@lru_cache
def _load(name: str) -> Fork:
    base = f"ethereum.forks.{name}"
    parts = ("vm", "vm.interpreter", "state", "trie", "fork_types", "transactions", "utils.message")
    vm, *others = (importlib.import_module(f"{base}.{part}") for part in parts)
    table = importlib.import_module(f"{base}.vm.precompiled_contracts.mapping")
    fork = Fork(name, bounded(table.PRE_COMPILED_CONTRACTS), vm, *others)
    if sys.getrecursionlimit() > MAX_FRAMES:
        sys.setrecursionlimit(MAX_FRAMES)
    return fork


def load_fork(name: str) -> Fork:
    """Return a fork's modules, ready to run; the first time takes about half a second."""
    with _loading:
        fork = _load(name)
        # Another user of the library in this process may have put its own in place.
        vars(fork.interpreter)["get_valid_jump_destinations"] = jump_table
        vars(fork.interpreter)["PRE_COMPILED_CONTRACTS"] = fork.precompiles
    return fork


class JumpTable(frozenset[Any]):
    """Where code may jump to; every loop passes here, so this is where its time is limited."""

    __slots__ = ()

    def __contains__(self, destination: object) -> bool:
        check_deadline()
        return frozenset.__contains__(self, destination)


@lru_cache(512)
def jump_table(code: bytes) -> JumpTable:
    """Return the jump destinations of code: a pure function of it, so remembered."""
    from ethereum.forks.prague.vm.runtime import get_valid_jump_destinations

    return JumpTable(get_valid_jump_destinations(code))
