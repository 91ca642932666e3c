"""Makes EELS's most frequent instructions cheaper; what they do stays the same to the last bit.

Nearly all instructions of a contract move words between stack, code and memory, compare or add
them. EELS writes them for the reader: each makes a dozen checked numbers and reports to a tracer
that nobody set. Here they work on the numbers inside. Rules: Yellow Paper, appendix H; gas: Prague.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ethereum.forks.prague.vm import Evm, interpreter
from ethereum.forks.prague.vm.exceptions import (
    InvalidJumpDestError,
    OutOfGasError,
    StackOverflowError,
    StackUnderflowError,
)
from ethereum.forks.prague.vm.gas import (
    GAS_BASE,
    GAS_HIGH,
    GAS_JUMPDEST,
    GAS_LOW,
    GAS_MID,
    GAS_VERY_LOW,
)
from ethereum.forks.prague.vm.instructions import Ops, op_implementation
from ethereum_types.numeric import U256, Uint

Implementation = Callable[[Evm], None]

BASE, VERY_LOW, LOW = int(GAS_BASE), int(GAS_VERY_LOW), int(GAS_LOW)
MID, HIGH, LANDING = int(GAS_MID), int(GAS_HIGH), int(GAS_JUMPDEST)
LARGEST = (1 << 256) - 1
STACK_LIMIT = 1024
LARGEST_MEMORY = 1 << 20
"""Memory up to here is handled below; more of it (or none left to pay for it) by EELS itself."""

PLACES = [Uint(i) for i in range(49_153)]
"""Program counters: no code, and no code that makes code (EIP-3860), is longer."""

_new_uint, _new_u256 = Uint.__new__, U256.__new__


def _uint(value: int) -> Uint:
    """Return a number that is known to be no less than 0."""
    made: Any = _new_uint(Uint)
    made._number = value
    return cast("Uint", made)


def _u256(value: int) -> U256:
    """Return a number that is known to have 256 bits at most."""
    made: Any = _new_u256(U256)
    made._number = value
    return cast("U256", made)


def _pay(evm: Evm, amount: int) -> None:
    left = evm.gas_left._number
    if left < amount:
        raise OutOfGasError
    evm.gas_left = _uint(left - amount)


def _go(evm: Evm, by: int) -> None:
    place = evm.pc._number + by
    evm.pc = PLACES[place] if place < len(PLACES) else Uint(place)


def push(count: int) -> Implementation:
    """Return PUSH0 to PUSH32; code that ends too early reads as zeros."""
    cost = VERY_LOW if count else BASE

    def run(evm: Evm) -> None:
        _pay(evm, cost)
        if len(evm.stack) == STACK_LIMIT:
            raise StackOverflowError
        start = evm.pc._number + 1
        raw = evm.code[start : start + count]
        evm.stack.append(_u256(int.from_bytes(raw) << 8 * (count - len(raw))))
        _go(evm, 1 + count)

    return run


def dup(place: int) -> Implementation:
    """Return DUP1 to DUP16; ``place`` counts from the top, from 1."""

    def run(evm: Evm) -> None:
        _pay(evm, VERY_LOW)
        stack = evm.stack
        if place > len(stack):
            raise StackUnderflowError
        if len(stack) == STACK_LIMIT:
            raise StackOverflowError
        stack.append(stack[-place])
        _go(evm, 1)

    return run


def swap(place: int) -> Implementation:
    """Return SWAP1 to SWAP16; ``place`` counts from below the top, from 1."""
    other = -1 - place

    def run(evm: Evm) -> None:
        _pay(evm, VERY_LOW)
        stack = evm.stack
        if place >= len(stack):
            raise StackUnderflowError
        stack[-1], stack[other] = stack[other], stack[-1]
        _go(evm, 1)

    return run


def pop(evm: Evm) -> None:
    """POP."""
    if not evm.stack:
        raise StackUnderflowError
    evm.stack.pop()
    _pay(evm, BASE)
    _go(evm, 1)


def of_two(work: Callable[[int, int], int], cost: int) -> Implementation:
    """Return an instruction that makes one word of the two on top."""

    def run(evm: Evm) -> None:
        stack = evm.stack
        if len(stack) < 2:
            raise StackUnderflowError
        top, below = stack.pop()._number, stack.pop()._number
        _pay(evm, cost)
        stack.append(_u256(work(top, below)))
        _go(evm, 1)

    return run


OF_TWO: dict[Ops, tuple[Callable[[int, int], int], int]] = {
    Ops.ADD: (lambda x, y: x + y & LARGEST, VERY_LOW),
    Ops.SUB: (lambda x, y: x - y & LARGEST, VERY_LOW),
    Ops.MUL: (lambda x, y: x * y & LARGEST, LOW),
    Ops.DIV: (lambda x, y: x // y if y else 0, LOW),
    Ops.MOD: (lambda x, y: x % y if y else 0, LOW),
    Ops.LT: (lambda x, y: int(x < y), VERY_LOW),
    Ops.GT: (lambda x, y: int(x > y), VERY_LOW),
    Ops.EQ: (lambda x, y: int(x == y), VERY_LOW),
    Ops.AND: (lambda x, y: x & y, VERY_LOW),
    Ops.OR: (lambda x, y: x | y, VERY_LOW),
    Ops.XOR: (lambda x, y: x ^ y, VERY_LOW),
    Ops.SHL: (lambda by, word: word << by & LARGEST if by < 256 else 0, VERY_LOW),
    Ops.SHR: (lambda by, word: word >> by if by < 256 else 0, VERY_LOW),
}
"""What is made of the word on top and the one below it, and its gas."""


def is_zero(evm: Evm) -> None:
    """ISZERO."""
    if not evm.stack:
        raise StackUnderflowError
    word = evm.stack.pop()._number
    _pay(evm, VERY_LOW)
    evm.stack.append(_u256(int(word == 0)))
    _go(evm, 1)


def jump(evm: Evm) -> None:
    """JUMP."""
    if not evm.stack:
        raise StackUnderflowError
    target = _uint(evm.stack.pop()._number)
    _pay(evm, MID)
    if target not in evm.valid_jump_destinations:
        raise InvalidJumpDestError
    evm.pc = target


def jump_if(evm: Evm) -> None:
    """JUMPI."""
    if len(evm.stack) < 2:
        raise StackUnderflowError
    target, wanted = _uint(evm.stack.pop()._number), evm.stack.pop()._number
    _pay(evm, HIGH)
    if not wanted:
        _go(evm, 1)
    elif target in evm.valid_jump_destinations:
        evm.pc = target
    else:
        raise InvalidJumpDestError


def land(evm: Evm) -> None:
    """JUMPDEST."""
    _pay(evm, LANDING)
    _go(evm, 1)


def _extension(size: int, end: int) -> tuple[int, int]:
    """Return words' cost and bytes of what memory of ``size`` bytes lacks up to ``end``."""
    words, wanted = (size + 31) // 32, (end + 31) // 32
    if wanted <= words:
        return 0, 0
    cost = 3 * (wanted - words) + wanted * wanted // 512 - words * words // 512
    return cost, 32 * (wanted - words)


def _mload(slow: Implementation) -> Implementation:
    def run(evm: Evm) -> None:
        stack, memory = evm.stack, evm.memory
        if not stack or stack[-1]._number > LARGEST_MEMORY:
            slow(evm)
            return
        start = stack.pop()._number
        cost, more = _extension(len(memory), start + 32)
        _pay(evm, VERY_LOW + cost)
        if more:
            memory.extend(bytes(more))
        stack.append(_u256(int.from_bytes(memory[start : start + 32])))
        _go(evm, 1)

    return run


def _mstore(slow: Implementation) -> Implementation:
    def run(evm: Evm) -> None:
        stack, memory = evm.stack, evm.memory
        if len(stack) < 2 or stack[-1]._number > LARGEST_MEMORY:
            slow(evm)
            return
        start, value = stack.pop()._number, stack.pop()._number
        cost, more = _extension(len(memory), start + 32)
        _pay(evm, VERY_LOW + cost)
        if more:
            memory.extend(bytes(more))
        memory[start : start + 32] = value.to_bytes(32)
        _go(evm, 1)

    return run


class _Numbers:
    """Stands for the enumeration of instructions where only their numbers are needed."""

    STOP = Ops.STOP

    def __init__(self) -> None:
        self._known = {op.value: op.value for op in Ops}

    def __call__(self, number: int) -> int:
        """Return the number of a known instruction. Raises ValueError for others."""
        found = self._known.get(number)
        if found is None:
            raise ValueError(f"{number} is no instruction")
        return found


def implementations() -> dict[int, Implementation]:
    """Return number -> instruction: those above, and EELS's own for the rest."""
    found: dict[int, Implementation] = {op.value: run for op, run in op_implementation.items()}
    found |= {Ops.PUSH0.value + count: push(count) for count in range(33)}
    found |= {Ops.DUP1.value + place - 1: dup(place) for place in range(1, 17)}
    found |= {Ops.SWAP1.value + place - 1: swap(place) for place in range(1, 17)}
    found |= {op.value: of_two(work, cost) for op, (work, cost) in OF_TWO.items()}
    found |= {Ops.POP.value: pop, Ops.ISZERO.value: is_zero}
    found |= {Ops.JUMP.value: jump, Ops.JUMPI.value: jump_if, Ops.JUMPDEST.value: land}
    found[Ops.MLOAD.value] = _mload(found[Ops.MLOAD.value])
    found[Ops.MSTORE.value] = _mstore(found[Ops.MSTORE.value])
    return found


def _nothing(*_: object) -> None:
    """Stand for a trace that nobody reads."""


def install() -> None:
    """Let the interpreter of Prague use all this; once a process."""
    names = vars(interpreter)
    if isinstance(names["Ops"], _Numbers):
        return
    names["op_implementation"] = implementations()
    names["Ops"] = _Numbers()
    names |= dict.fromkeys(("evm_trace", "OpStart", "OpEnd"), _nothing)
