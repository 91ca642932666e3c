"""Block 0: the accounts a new chain starts with and the validator set it is trusted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .codec import EMPTY_ROOT
from .header import NO_BLOOM, ZERO_HASH, BlockHeader, block_hash
from .sealer import QbftSealer
from .state import AccountChange, StagedNodes, StateChanges, StateView, write_changes
from .store import ChainStore, StoredBlock, StoreError

GAS_LIMIT = 60_000_000


@dataclass(frozen=True, slots=True)
class GenesisAccount:
    """An account of block 0; balance in wei, storage by 32-byte slot."""

    balance_wei: int = 0
    code: bytes = b""
    nonce: int = 0
    storage: Mapping[bytes, int] = field(default_factory=dict)


def ensure_genesis(
    store: ChainStore,
    sealer: QbftSealer,
    alloc: Mapping[bytes, GenesisAccount],
    chain_id: int,
    timestamp: int,
) -> None:
    """Write block 0 into an empty store; check that a filled one is of this chain and validators.

    Raises StoreError when the file holds another chain.
    """
    first = store.block(0)
    held_id = store.chain_id()
    if first is None:
        store.set_chain_id(chain_id)
        _write(store, sealer, alloc, timestamp)
    elif held_id != chain_id:
        raise StoreError(
            f"The chain file holds chain {held_id}, not {chain_id}; "
            "give that chain's id or start with a new file."
        )
    elif first.header.extra_data != sealer.genesis_extra():
        raise StoreError(
            "The chain file was begun by other validators than the keys given; "
            "give their keys or start with a new file."
        )


def _write(
    store: ChainStore,
    sealer: QbftSealer,
    alloc: Mapping[bytes, GenesisAccount],
    timestamp: int,
) -> None:
    staged = StagedNodes(store)
    changes = StateChanges(
        accounts={a: AccountChange(g.nonce, g.balance_wei, g.code) for a, g in alloc.items()},
        storage={a: dict(g.storage) for a, g in alloc.items() if g.storage},
    )
    root = write_changes(StateView(staged, EMPTY_ROOT), changes, staged)
    header = BlockHeader(
        parent_hash=ZERO_HASH,
        beneficiary=bytes(20),
        state_root=root,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        logs_bloom=NO_BLOOM,
        number=0,
        gas_limit=GAS_LIMIT,
        gas_used=0,
        timestamp=timestamp,
        extra_data=sealer.genesis_extra(),
    )
    store.write_block(StoredBlock(header, block_hash(header)), staged, changes.storage)
