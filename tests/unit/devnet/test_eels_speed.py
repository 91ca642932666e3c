"""Each quicker instruction does what EELS's own does, on any stack, memory, code and gas."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ethereum.forks.prague.vm.exceptions import ExceptionalHalt
from ethereum.forks.prague.vm.instructions import Ops, op_implementation
from ethereum_types.numeric import U256, Uint
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.devnet import eels_speed

QUICK = eels_speed.implementations()
REPLACED = [op for op in Ops if QUICK[op.value] is not op_implementation[op]]
words = st.integers(0, 90) | st.sampled_from([0, 1, 31, 32, 33, 2**20, 2**64, 2**256 - 1])
stacks = st.lists(words, max_size=19) | st.integers(1022, 1024).map(lambda size: [7] * size)
gas = st.integers(0, 12) | st.just(10**9)


def outcome(run, code, place, stack, memory, gas_left):
    evm = SimpleNamespace(
        pc=Uint(place), stack=[U256(word) for word in stack], memory=bytearray(memory),
        code=code, gas_left=Uint(gas_left), running=True,
        valid_jump_destinations={Uint(0), Uint(32), Uint(90)},
    )  # fmt: skip
    try:
        run(evm)
    except ExceptionalHalt as halt:
        return type(halt)
    kinds = (type(evm.pc), type(evm.gas_left), {type(word) for word in evm.stack})
    return evm.pc, evm.gas_left, evm.stack, bytes(evm.memory), kinds


def test_the_commonest_instructions_are_replaced():
    assert len(REPLACED) == 33 + 16 + 16 + 13 + 7


@settings(max_examples=800)
@given(
    st.sampled_from(REPLACED), st.binary(max_size=40), st.integers(0, 40), stacks,
    st.integers(0, 4), gas,
)  # fmt: skip
def test_it_does_the_same(op, code, place, stack, size, gas_left):
    facts = (code, place, stack, bytes(range(32)) * size, gas_left)
    assert outcome(QUICK[op.value], *facts) == outcome(op_implementation[op], *facts)


@pytest.mark.parametrize("number", [*range(0x0C, 0x10), 0x21, 0xB0, 0xFE])
def test_what_is_no_instruction_stays_none(number):
    known = {op.value for op in Ops}
    numbers = eels_speed._Numbers()
    if number in known:
        assert numbers(number) == number
    else:
        with pytest.raises(ValueError, match="no instruction"):
            numbers(number)
