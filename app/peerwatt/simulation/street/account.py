"""Accounts of the street's operators and neighbours: a key, its nonce and plain transactions."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from coincurve import PrivateKey
from eth_account import Account as EthAccount

from peerwatt.chain.encoding import checksum_address
from peerwatt.devnet.node import DevNode
from peerwatt.devnet.transaction import InvalidTransactionError, contract_address

GAS = 5_000_000
"""Gas limit of an operator's transaction: gas costs nothing here, blocks take 60 million."""

log = logging.getLogger(__name__)


class StreetAccount:
    """Signs and submits for one party of the street. The key stays in memory."""

    def __init__(self, node: DevNode, key: bytes) -> None:
        self._node = node
        self._key = key
        self._nonce = 0
        self.address: str = EthAccount.from_key(key).address
        self.chain_id = node.chain_id
        self.refused = 0

    @classmethod
    def seeded(cls, node: DevNode, seed: int, name: str) -> StreetAccount:
        """Return the account whose key follows from the run's seed: for play money only."""
        return cls(node, seeded_key(seed, name))

    async def send(self, to: str | None, data: bytes, gas: int = GAS) -> str | None:
        """Sign and submit a call (or a deployment); return its hash, ``None`` when refused."""
        fields: dict[str, object] = {
            "nonce": self._nonce,
            "gasPrice": 0,
            "gas": gas,
            "value": 0,
            "data": data,
            "chainId": self._node.chain_id,
        }
        if to is not None:
            fields["to"] = to
        raw = EthAccount.sign_transaction(fields, self._key).raw_transaction
        try:
            transaction_hash = await self._node.submit(bytes(raw))
        except InvalidTransactionError as fault:
            self.refused += 1
            log.warning("A transaction of %s was refused: %s", self.address, fault)
            return None
        self._nonce += 1
        return "0x" + transaction_hash.hex()

    def sign_typed(self, typed: Mapping[str, Any]) -> tuple[int, bytes, bytes]:
        """Return v, r and s of a signature on typed data (EIP-712)."""
        signed = EthAccount.sign_typed_data(self._key, full_message=dict(typed))
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def next_contracts(self, count: int) -> list[str]:
        """Return the addresses that the next deployments from this account get."""
        sender = bytes.fromhex(self.address.removeprefix("0x"))
        nonces = range(self._nonce, self._nonce + count)
        return [checksum_address(contract_address(sender, nonce)) for nonce in nonces]


def seeded_key(seed: int, name: str) -> bytes:
    """Return a valid secp256k1 key that follows from a seed and a name."""
    secret = hashlib.sha256(f"peerwatt street {seed} {name}".encode()).digest()
    return bytes(PrivateKey(secret).secret)
