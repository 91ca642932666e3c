"""Runs one message by the EVM library over a witness; blocking, for a thread of its own.

Block values are those of the verified header, as nodes do for a call on that block.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from peerwatt.model.verified import Unproven

from ..consensus.header import Header
from . import CallRefused, Outcome, Request
from .deadline import deadline
from .forks import Fork, fork_of, load_fork
from .revert import revert_reason
from .state import evm_state
from .witness import Reads

DEFAULT_GAS = 10_000_000
"""Gas of a call that names none: a view needs less than a tenth of it."""
MAX_GAS = 50_000_000
"""The most that a call may ask for, which is what nodes allow."""


def run_message(chain_id: int, reads: Reads, request: Request, ends_s: float) -> Outcome:
    """Run a message on the state after a block and forget what it changed.

    Raises CallTooLong after ``ends_s`` of the monotonic clock, or ChainFault where a proof is
    not to be had.
    """
    deadline.at_s = ends_s
    try:
        fork = load_fork(fork_of(chain_id, reads.block.header))
        return _run(fork, chain_id, reads, request)
    except RecursionError:
        return Outcome(b"", request.gas or DEFAULT_GAS, "it calls too deeply to be run", False)
    except (ArithmeticError, AssertionError, LookupError, ValueError) as fault:
        raise CallRefused(f"The EVM library cannot run this call: {fault!r:.120}.") from fault
    finally:
        deadline.at_s = None


def _run(fork: Fork, chain_id: int, reads: Reads, request: Request) -> Outcome:
    gas = min(request.gas or DEFAULT_GAS, MAX_GAS)
    spent, floor = intrinsic_gas(fork.name, request)
    if gas < max(spent, floor):
        return Outcome(b"", gas, f"{gas} gas does not cover the first {max(spent, floor)}", False)
    state = evm_state(fork, reads)
    sender = fork.fork_types.Address(request.sender)
    if int(fork.state.get_account(state, sender).balance) < request.value_wei:
        return Outcome(b"", 0, "the sender's balance does not cover the value", False)
    fork.state.increment_nonce(state, sender)
    environment = _fill(fork.vm.BlockEnvironment, _block(fork, chain_id, reads, state))
    transaction = _fill(fork.vm.TransactionEnvironment, _transaction(fork, request, gas - spent))
    message = fork.message.prepare_message(environment, transaction, _message(fork, request, gas))
    evm = _process(fork, state, message)
    used = gas - int(evm.gas_left)
    most = used // (2 if fork.name == "berlin" else 5)  # EIP-3529, from London
    used = max(used - min(most, 0 if evm.error else int(evm.refund_counter)), floor)
    output = bytes(evm.output)
    if evm.error is None:
        return Outcome(output, used, None, False)
    reverted = type(evm.error).__name__ == "Revert"
    reason = revert_reason(output) if reverted else str(evm.error) or type(evm.error).__name__
    return Outcome(output, used, reason, reverted)


def _process(fork: Fork, state: Any, message: Any) -> Any:
    """Run a prepared message and return the library's record of it, the same for every fork.

    The library's own way around this gives the output from Prague on only.
    """
    run = fork.interpreter
    if message.code_address is None:
        if fork.state.account_has_code_or_nonce(state, message.current_target):
            raise CallRefused("The contract that the call creates exists already.")
        return run.process_create_message(message)
    follow = getattr(run, "get_delegated_code_address", None)  # EIP-7702, from Prague
    delegated = follow(message.code) if follow else None
    if delegated is not None:
        message.disable_precompiles = True
        message.accessed_addresses.add(delegated)
        message.code = fork.state.get_account(state, delegated).code
        message.code_address = delegated
    return run.process_message(message)


def intrinsic_gas(fork: str, request: Request) -> tuple[int, int]:
    """Return (gas before the first instruction, least gas of the whole) of a message.

    EIP-2028, EIP-3860 (from Shanghai) and EIP-7623 (from Prague).
    """
    zeros = request.data.count(0)
    tokens = zeros + 4 * (len(request.data) - zeros)
    old = fork in ("berlin", "london", "paris")
    words = 0 if request.to or old else -(-len(request.data) // 32)
    spent = 21_000 + 4 * tokens + (0 if request.to else 32_000 + 2 * words)
    has_floor = not old and fork not in ("shanghai", "cancun")
    return spent, 21_000 + 10 * tokens if has_floor else 0


def _fill(kind: Any, values: Mapping[str, object]) -> Any:
    """Make one of the library's records out of the values that this fork's has."""
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _block(fork: Fork, chain_id: int, reads: Reads, state: Any) -> dict[str, object]:
    from ethereum_types.bytes import Bytes32
    from ethereum_types.numeric import U64, U256, Uint

    header: Header = reads.block.header
    return {
        "chain_id": U64(chain_id),
        "state": state,
        "block_gas_limit": Uint(header.gas_limit),
        "block_hashes": _BlockHashes(reads),
        "coinbase": fork.fork_types.Address(header.beneficiary),
        "number": Uint(header.number),
        "base_fee_per_gas": Uint(header.base_fee or 0),
        "time": U256(header.timestamp),
        "difficulty": Uint(header.difficulty),
        "prev_randao": Bytes32(header.mix_hash),
        "excess_blob_gas": U64(header.excess_blob_gas or 0),
        "parent_beacon_block_root": Bytes32(header.parent_beacon_block_root or bytes(32)),
    }


class _BlockHashes:
    """Hashes of the blocks before, of which only those that are verified can be asked for."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def __getitem__(self, back: int) -> bytes:
        number = self._reads.block.header.number + int(back)
        try:
            return self._reads.block_hash(number)
        except Unproven as fault:
            raise CallRefused(f"The contract asks for an old block's hash. {fault}") from None


def _transaction(fork: Fork, request: Request, gas: int) -> dict[str, object]:
    from ethereum_types.bytes import Bytes32
    from ethereum_types.numeric import Uint

    transient = getattr(fork.state, "TransientStorage", lambda: None)
    return {
        "origin": fork.fork_types.Address(request.sender),
        "gas_price": Uint(request.gas_price_wei),
        "gas": Uint(gas),
        "access_list_addresses": set(),
        "access_list_storage_keys": set(),
        "transient_storage": transient(),
        "blob_versioned_hashes": (),
        "authorizations": (),
        "index_in_block": Uint(0),
        "tx_hash": Bytes32(bytes(32)),
    }


def _message(fork: Fork, request: Request, gas: int) -> Any:
    from ethereum_types.bytes import Bytes0
    from ethereum_types.numeric import U256, Uint

    to = fork.fork_types.Address(request.to) if request.to else Bytes0(b"")
    return fork.transactions.LegacyTransaction(
        nonce=U256(0),
        gas_price=Uint(request.gas_price_wei),
        gas=Uint(gas),
        to=to,
        value=U256(request.value_wei),
        data=request.data,
        v=U256(0),
        r=U256(0),
        s=U256(0),
    )
