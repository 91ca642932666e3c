"""The EVM by EELS (``ethereum-execution``), the maintained executable specification, as of Prague.

Two of its costs grow with what does not matter to a transaction and are taken away here: the copy
of the whole state at each call (overlays with O(1) copies instead) and the search for jump
destinations through all of a contract's code at each call (remembered by code). The commonest
instructions are replaced by quicker ones (:mod:`.eels_speed`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

import immutables
from ethereum.exceptions import EthereumException, GasUsedExceedsLimitError
from ethereum.forks.prague import fork, vm
from ethereum.forks.prague.blocks import Log, Receipt
from ethereum.forks.prague.fork_types import Account, Address
from ethereum.forks.prague.state import State, TransientStorage, get_account, increment_nonce
from ethereum.forks.prague.transactions import (
    LegacyTransaction,
    Transaction,
    calculate_intrinsic_cost,
    recover_sender,
    validate_transaction,
)
from ethereum.forks.prague.transactions import decode_transaction as eels_decode
from ethereum.forks.prague.trie import Trie, copy_trie
from ethereum.forks.prague.utils.message import prepare_message
from ethereum.forks.prague.vm import interpreter
from ethereum.forks.prague.vm.exceptions import Revert
from ethereum.forks.prague.vm.runtime import get_valid_jump_destinations
from ethereum_rlp import rlp as eels_rlp
from ethereum_rlp.exceptions import RLPException
from ethereum_types.bytes import Bytes0, Bytes20, Bytes32
from ethereum_types.numeric import U64, U256, Uint

from . import eels_speed
from .codec import EMPTY_ROOT, rlp_decode, to_list
from .execution import BlockContext, Call, CallResult, Execution, LogRecord, Outcome
from .header import ZERO_HASH
from .overlay import Overlay
from .state import AccountChange, StateChanges, StateView
from .transaction import InvalidTransactionError, Pending, SignedTransaction, contract_address

# A pure function of the code; without this a call costs about 1.4 ms for each kB of the contract.
vars(interpreter)["get_valid_jump_destinations"] = lru_cache(512)(get_valid_jump_destinations)
eels_speed.install()

# Importing EELS raises the limit to 12288 frames, at which a parser written in C (json's, for one)
# overflows its stack and kills the process. The gas of a block ends a chain of calls after some
# 700, four frames each (EIP-150 keeps back 1/64 at every level).
sys.setrecursionlimit(5_000)


class EelsEvm:
    """Runs transactions with Prague's rules on a state that is read through a view."""

    def sender_of(self, transaction: SignedTransaction, chain_id: int) -> bytes:
        """Return who signed. Raises InvalidTransactionError (wrong chain, bad signature)."""
        if transaction.chain_id != chain_id:
            raise InvalidTransactionError(
                f"The transaction is signed for chain {transaction.chain_id}, not for {chain_id}."
            )
        try:
            return bytes(recover_sender(U64(chain_id), _to_eels(transaction)))
        except (EthereumException, RLPException, ValueError, OverflowError) as error:
            raise InvalidTransactionError("The transaction's signature is invalid.") from error

    def check_static(self, transaction: SignedTransaction, gas_limit: int) -> None:
        """Check what does not depend on the state. Raises InvalidTransactionError."""
        if transaction.gas > gas_limit:
            raise InvalidTransactionError(
                f"The transaction asks for {transaction.gas} gas; a block holds {gas_limit}."
            )
        if transaction.max_priority_fee > transaction.max_fee:
            raise InvalidTransactionError("The priority fee is greater than the maximum fee.")
        try:
            validate_transaction(_to_eels(transaction))
        except (EthereumException, OverflowError) as error:
            raise InvalidTransactionError(
                f"The transaction is invalid: {_reason(error)}."
            ) from error

    def execute(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        transactions: Sequence[Pending],
    ) -> Execution:
        """Run transactions in order on the state of ``view``; the view itself is not changed."""
        state = _state(view, storage_holders)
        held_before = frozenset(map(bytes, state._storage_tries))
        env = _environment(context, state)
        _system_calls(env)
        output = vm.BlockOutput()
        execution = Execution()
        stopped: set[bytes] = set()  # senders whose later nonces must wait
        for pending in transactions:
            if pending.sender in stopped:
                execution.deferred.append(pending)
                continue
            saved = _save(state)
            try:
                _run(env, output, execution, pending)
                continue
            except GasUsedExceedsLimitError:
                execution.deferred.append(pending)
            except RecursionError:
                execution.refused.append((pending, "it calls too deeply to be executed"))
            except (EthereumException, RLPException, ArithmeticError, AssertionError) as error:
                execution.refused.append((pending, _reason(error)))
            stopped.add(pending.sender)
            _restore(state, saved)
        execution.changes = _changes(state, held_before)
        return execution

    def call(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        request: Call,
    ) -> CallResult:
        """Simulate one message on a throw-away state (eth_call). Balances do not limit its gas."""
        state = _state(view, storage_holders)
        env = _environment(context, state)
        gas_limit = min(request.gas or context.gas_limit, context.gas_limit)
        tx = _simulated(request, gas_limit)
        intrinsic, floor = (int(cost) for cost in calculate_intrinsic_cost(tx))
        if gas_limit < max(intrinsic, floor):
            reason = f"{gas_limit} gas does not cover the intrinsic cost of {max(intrinsic, floor)}"
            return CallResult(b"", 0, reason, reverted=False)
        sender = Address(request.sender)
        if int(get_account(state, sender).balance) < request.value_wei:
            return CallResult(b"", 0, "insufficient funds for transfer", reverted=False)
        increment_nonce(state, sender)
        message = prepare_message(env, _transaction_environment(sender, gas_limit - intrinsic), tx)
        result = interpreter.process_message_call(message)
        used = gas_limit - int(result.gas_left)
        used -= min(used // 5, int(result.refund_counter))
        return CallResult(
            output=bytes(result.return_data),
            gas_used=max(used, floor),
            error=None if result.error is None else _reason(result.error),
            reverted=isinstance(result.error, Revert),
        )

    def estimate_gas(
        self,
        view: StateView,
        storage_holders: frozenset[bytes],
        context: BlockContext,
        request: Call,
    ) -> tuple[int, CallResult]:
        """Return the least gas limit with which the message succeeds, and the last result.

        When it fails even with all gas, the result carries the error. Found by bisection, as gas
        held back for inner calls (EIP-150) and refunds make the gas used less than the gas needed.
        """
        cap = min(request.gas or context.gas_limit, context.gas_limit)

        def attempt(gas: int) -> CallResult:
            """Run the message with this gas limit and no effect on the state."""
            limited = Call(request.sender, request.to, request.data, request.value_wei, gas)
            return self.call(view, storage_holders, context, limited)

        best = attempt(cap)
        if best.error is not None:
            return 0, best
        low, high = best.gas_used - 1, cap
        guess = best.gas_used
        while low + 1 < high:
            tried = attempt(guess)
            if tried.error is None:
                high, best = guess, tried
            else:
                low = guess
            if high - low <= max(high // 64, 1):
                break
            guess = min((low + high) // 2, max(low * 65 // 64, low + 1))
        return high, best


def _to_eels(transaction: SignedTransaction) -> Transaction:
    if transaction.kind == 0:
        return eels_rlp.decode_to(LegacyTransaction, transaction.raw)
    return eels_decode(transaction.raw)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _state(view: StateView, storage_holders: frozenset[bytes]) -> State:
    """Return an EELS state whose content is read from the view when it is asked for."""

    def read_account(address: bytes) -> Account | None:
        """Return the account as EELS wants it, with its code; ``None`` where there is none."""
        record = view.account(address)
        if record is None:
            return None
        return Account(Uint(record.nonce), U256(record.balance_wei), view.code(address))

    def reader(address: bytes) -> Callable[[bytes], U256 | None]:
        def read_slot(slot: bytes) -> U256 | None:
            value = view.storage(address, slot)
            return U256(value) if value else None

        return read_slot

    empty: immutables.Map[bytes, Any] = immutables.Map()
    state = State()
    state._main_trie._data = cast("dict[Address, Account | None]", Overlay(read_account, empty))
    for address in storage_holders:
        record = view.account(address)
        if record is None or record.storage_root == EMPTY_ROOT:
            continue
        storage = cast("dict[Bytes32, U256]", Overlay(reader(address), empty))
        state._storage_tries[Bytes20(address)] = Trie(True, U256(0), storage)
    return state


def _environment(context: BlockContext, state: State) -> vm.BlockEnvironment:
    return vm.BlockEnvironment(
        chain_id=U64(context.chain_id),
        state=state,
        block_gas_limit=Uint(context.gas_limit),
        block_hashes=[Bytes32(item) for item in context.recent_hashes],
        coinbase=Bytes20(context.coinbase),
        number=Uint(context.number),
        base_fee_per_gas=Uint(0),
        time=U256(context.timestamp),
        prev_randao=Bytes32(context.mix_hash),
        excess_blob_gas=U64(0),
        parent_beacon_block_root=Bytes32(ZERO_HASH),
    )


def _system_calls(env: vm.BlockEnvironment) -> None:
    """Feed the beacon-root (EIP-4788) and block-hash (EIP-2935) contracts where genesis has them.

    A QBFT chain makes no execution-layer requests (EIP-7685), so none are collected.
    """
    for target, data in (
        (fork.BEACON_ROOTS_ADDRESS, env.parent_beacon_block_root),
        (fork.HISTORY_STORAGE_ADDRESS, env.block_hashes[-1]),
    ):
        if get_account(env.state, target).code:
            fork.process_unchecked_system_transaction(env, target, data)


def _run(
    env: vm.BlockEnvironment,
    output: vm.BlockOutput,
    execution: Execution,
    pending: Pending,
) -> None:
    transaction, sender = pending.transaction, pending.sender
    tx = _to_eels(transaction)
    index = Uint(len(execution.outcomes))
    gas_before, logs_before = int(output.block_gas_used), len(output.block_logs)
    fork.process_transaction(env, output, tx, index)
    made = output.receipts_trie._data[eels_rlp.encode(index)]
    if isinstance(made, Receipt):
        receipt = bytes(eels_rlp.encode(made))
        succeeded = made.succeeded
    else:
        receipt = bytes(cast("bytes", made))
        succeeded = to_list(rlp_decode(receipt[1:]))[0] == b"\x01"
    creates = not transaction.to
    execution.outcomes.append(
        Outcome(
            transaction=transaction,
            sender=sender,
            succeeded=succeeded,
            gas_used=int(output.block_gas_used) - gas_before,
            cumulative_gas=int(output.block_gas_used),
            logs=tuple(map(_log, output.block_logs[logs_before:])),
            receipt=receipt,
            created=contract_address(sender, transaction.nonce) if creates else None,
        )
    )


def _log(log: Log) -> LogRecord:
    return LogRecord(bytes(log.address), tuple(map(bytes, log.topics)), bytes(log.data))


_Saved = tuple[Any, dict[Any, Any]]


def _save(state: State) -> _Saved:
    """Keep the state before a transaction, in case the specification stops half-way through it."""
    tries = {address: copy_trie(trie) for address, trie in state._storage_tries.items()}
    overlay = cast("Overlay[Account]", state._main_trie._data)
    return overlay.changes, tries


def _restore(state: State, saved: _Saved) -> None:
    changes, tries = saved
    cast("Overlay[Account]", state._main_trie._data).changes = changes
    state._storage_tries = tries
    state._snapshots.clear()
    state.created_accounts.clear()


def _changes(state: State, held_before: frozenset[bytes]) -> StateChanges:
    changes = StateChanges()
    overlay = cast("Overlay[Account]", state._main_trie._data)
    for address, account in overlay.changes.items():
        changes.accounts[bytes(address)] = (
            None
            if account is None
            else AccountChange(int(account.nonce), int(account.balance), bytes(account.code))
        )
    changes.wiped = {address for address in held_before if address not in state._storage_tries}
    for key, trie in state._storage_tries.items():
        address = bytes(key)
        data: Any = trie._data
        if isinstance(data, Overlay):
            slots = data.changes
        else:
            slots = data
            if address in held_before:
                changes.wiped.add(address)
        if slots:
            changes.storage[address] = {bytes(slot): int(v or 0) for slot, v in slots.items()}
    return changes


def _simulated(request: Call, gas_limit: int) -> LegacyTransaction:
    return LegacyTransaction(
        nonce=U256(0),
        gas_price=Uint(0),
        gas=Uint(gas_limit),
        to=Bytes20(request.to) if request.to else Bytes0(b""),
        value=U256(request.value_wei),
        data=request.data,
        v=U256(0),
        r=U256(0),
        s=U256(0),
    )


def _transaction_environment(sender: Address, gas: int) -> vm.TransactionEnvironment:
    return vm.TransactionEnvironment(
        origin=sender,
        gas_price=Uint(0),
        gas=Uint(gas),
        access_list_addresses=set(),
        access_list_storage_keys=set(),
        transient_storage=TransientStorage(),
        blob_versioned_hashes=(),
        authorizations=(),
        index_in_block=Uint(0),
        tx_hash=Bytes32(ZERO_HASH),
    )
