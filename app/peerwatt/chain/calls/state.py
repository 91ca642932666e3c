"""The EVM library's view of a witness: dictionaries that are filled when they are read.

Writes stay in memory for the length of one call. The library copies a state at every inner call
and may put plain copies back, so the containers turn such copies into themselves again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from ..encoding import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT
from .forks import Fork
from .witness import Reads


class Lazy(dict[Any, Any]):
    """Changes over values that are read on demand; ``None`` marks a deleted one."""

    def __init__(self, read: Callable[[Any], Any | None], changes: Any = ()) -> None:
        super().__init__(changes)
        self._read = read

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value held or read; the default when there is none."""
        value = super().get(key) if super().__contains__(key) else self._read(key)
        return default if value is None else value

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __delitem__(self, key: Any) -> None:
        self[key] = None

    def __copy__(self) -> Self:
        return type(self)(self._read, self)

    # The library drops a storage that equals {}; this one is never known to be empty.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = None


class StorageTries(dict[Any, Any]):
    """Storage of every contract: where none is held, one over the witness is put in place.

    A dropped storage is held as an empty one, so that it is not read from the witness again.
    """

    def __init__(self, read: Callable[[Any], Any | None], empty: Callable[[], Any], held: Any):
        super().__init__(held)
        self._read, self._empty = read, empty

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the storage of a contract, which is held from then on."""
        if not super().__contains__(key):
            found = self._read(key)
            if found is None:
                return default
            self[key] = found
        return super().get(key)

    def __contains__(self, key: object) -> bool:
        trie = self.get(key)
        return trie is not None and trie._data != {}

    def __delitem__(self, key: Any) -> None:
        self[key] = self._empty()


class Snapshots(list[Any]):
    """States to return to; each keeps reading through."""

    def __init__(self, wrap: Callable[[Any], StorageTries]) -> None:
        super().__init__()
        self._wrap = wrap

    def append(self, pair: Any) -> None:
        """Keep a state with its storages able to read through."""
        super().append((pair[0], self._wrap(pair[1])))


def evm_state(fork: Fork, reads: Reads) -> Any:
    """Return a state of the library over a witness, for one run. Call it in that run's thread."""
    from ethereum_types.numeric import U256, Uint

    def read_account(address: bytes) -> Any:
        """Return the witness's account as the library's own, ``None`` for an empty one."""
        account = reads.account(bytes(address))
        if (account.nonce, account.balance_wei, account.code_hash) == (0, 0, EMPTY_CODE_HASH):
            return None
        code = reads.code(bytes(address))
        return fork.fork_types.Account(Uint(account.nonce), U256(account.balance_wei), code)

    def read_storage(address: bytes) -> Any:
        """Return a trie that reads each slot when asked, ``None`` for an account without one."""
        owner = bytes(address)
        if reads.account(owner).storage_root == EMPTY_TRIE_ROOT:
            return None

        def read_slot(key: bytes) -> Any:
            value = reads.slot(owner, int.from_bytes(key, "big"))
            return U256(value) if value else None

        return fork.trie.Trie(True, U256(0), Lazy(read_slot))

    def no_storage() -> Any:
        return fork.trie.Trie(True, U256(0))

    def wrap(tries: Any) -> StorageTries:
        return StorageTries(read_storage, no_storage, tries)

    state = fork.state.State()
    state._main_trie._data = Lazy(read_account)
    state._storage_tries = wrap({})
    state._snapshots = Snapshots(wrap)
    return state
