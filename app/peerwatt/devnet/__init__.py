"""The embedded community chain: EVM execution, QBFT sealing, storage and JSON-RPC."""

from __future__ import annotations

from .genesis import GenesisAccount
from .node import DevNode
from .rpc import RpcServer
from .store import StoreError
from .transaction import InvalidTransactionError

__all__ = ["DevNode", "GenesisAccount", "InvalidTransactionError", "RpcServer", "StoreError"]
