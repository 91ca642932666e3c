from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from bft_lab import first_header, run, sealed_child
from chain_lab import KEYS, VALIDATORS, World, address_of, make_keys
from light_lab import ClientLab, MemoryStore, states

from peerwatt.chain.consensus.header import Header
from peerwatt.chain.consensus.qbft import QbftRules
from peerwatt.chain.consensus.schedule import Transition
from peerwatt.chain.consensus.validator_contract import ArrayLayout, ValidatorContract
from peerwatt.chain.networks import SyncPlan
from peerwatt.chain.status import EndpointState, SyncState

ADDRESS = b"\x77" * 20
CONTRACT = ValidatorContract(ADDRESS, slot=3)
RULES = QbftRules(contract=CONTRACT)
GROWN = sorted([*KEYS, *make_keys(8, salt=6)], key=address_of)


def world(members: Sequence[bytes], contract: ValidatorContract = CONTRACT) -> World:
    """The contract's array in the order in which its members joined, not sorted."""
    listed = [int.from_bytes(member, "big") for member in reversed(members)]
    slots = {contract.slot: len(listed)}
    slots |= dict(zip(contract.element_slots(len(listed)), listed, strict=True))
    others = {bytes([n]) * 20: (n, n, {}) for n in range(1, 9)}
    return World({**others, ADDRESS: (1, 0, slots)})


SMALL, LARGE = world(VALIDATORS), world([address_of(key) for key in GROWN])


class Held:
    """A chain whose state lists four validators up to block 20, and twelve from then on."""

    def __init__(self) -> None:
        first = first_header(validators=())
        self.chain = [first]
        self._grow(first, 19, KEYS, SMALL)
        # Block 20 changes the state, so block 21 is the first that the new set seals.
        self._grow(self.chain[-1], 1, KEYS, LARGE)
        self._grow(self.chain[-1], 20, GROWN, LARGE)
        self.chain[0] = first

    def _grow(self, parent: Header, length: int, keys: Sequence[Any], after: World) -> None:
        self.chain += run(parent, length, keys, listed=(), state_root=after.root)

    def proof(self, address: str, slots: list[str], block: str) -> Mapping[str, Any]:
        at = LARGE if int(block, 16) >= 20 else SMALL
        return at.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])


def held_chain() -> Held:
    return Held()


@pytest.fixture
async def lab() -> AsyncIterator[ClientLab]:
    async with AsyncExitStack() as stack:
        yield ClientLab(stack)


def rooted(held: Held) -> Header:
    """The trusted block: the first whose state holds the contract."""
    return held.chain[1]


async def test_a_set_held_by_a_contract_is_proven_and_followed(lab: ClientLab) -> None:
    held = held_chain()
    endpoint = await lab.add(held.chain, answers={"eth_getProof": held.proof})
    client = lab.connect(rooted(held), RULES)
    status = await client.sync()
    assert (status.state, status.head, status.validators) == (SyncState.VERIFIED, 40, 12)
    assert status.rejected == 0
    # One account for each parent; slots only where the contract's storage changed.
    assert endpoint.calls.count("eth_getProof") == 39 + 1 + 2


async def test_it_survives_a_restart(lab: ClientLab) -> None:
    held = held_chain()
    await lab.add(held.chain[:31], answers={"eth_getProof": held.proof})
    store = MemoryStore()
    client = lab.connect(rooted(held), RULES, store=store)
    assert (await client.sync()).head == 30
    await client.close()
    await lab.add(held.chain, answers={"eth_getProof": held.proof})
    again = lab.connect(rooted(held), RULES, store=store)
    status = await again.sync()
    assert (status.head, status.headers_verified) == (40, 10)


async def test_it_can_be_skipped(lab: ClientLab) -> None:
    held = held_chain()
    await lab.add(held.chain, answers={"eth_getProof": held.proof})
    plan = SyncPlan("skipping", 7 * 86_400, skip_from_blocks=10)
    client = lab.connect(rooted(held), RULES, plan)
    status = await client.sync()
    assert (status.state, status.head, status.validators) == (SyncState.VERIFIED, 40, 12)
    held.chain.append(sealed_child(held.chain[-1], GROWN, listed=(), state_root=LARGE.root))
    lab.endpoints[0].chain.append(held.chain[-1])
    lab.clock.advance(held.chain[-1].timestamp)
    assert (await client.sync()).head == 41


@pytest.mark.allow_log("127.0.0.1")
@pytest.mark.parametrize("kept", [SMALL, world(VALIDATORS[:3])])
async def test_a_proof_of_another_state_is_refused(lab: ClientLab, kept: World) -> None:
    held = held_chain()

    def stale(address: str, slots: list[str], block: str) -> Mapping[str, Any]:
        if int(block, 16) < 12:
            return held.proof(address, slots, block)
        return kept.proof(bytes.fromhex(address[2:]), [int(slot, 16) for slot in slots])

    await lab.add(held.chain, answers={"eth_getProof": stale})
    await lab.add(held.chain, answers={"eth_getProof": held.proof})
    client = lab.connect(rooted(held), RULES)
    status = await client.sync()
    assert (status.head, status.rejected) == (40, 1)
    assert states(client) == [EndpointState.CONTRADICTS, EndpointState.FOLLOWING]


@pytest.mark.parametrize("layout", ["solidity", "vyper"])
async def test_a_network_moves_to_a_contract_at_a_block(
    lab: ClientLab, layout: ArrayLayout
) -> None:
    contract = ValidatorContract(ADDRESS, 0, layout)
    rules = QbftRules(transitions=(Transition(8, contract=contract),))
    holding = world(VALIDATORS, contract)
    first = first_header()
    chain = [first, *run(first, 7, state_root=holding.root)]
    chain += run(chain[-1], 5, listed=())
    await lab.add(chain, world=holding)
    client = lab.connect(first, rules)
    assert (await client.sync()).head == 12
