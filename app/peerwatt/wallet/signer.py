"""Signers behind the port of the model: policy first, then the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .policy import Policy
from .secret import SecretKey


class LocalSigner:
    """Signs with a key in memory what its policy allows.

    A hardware wallet is another class with the same two members
    (:class:`peerwatt.wallet.hardware.HardwareSigner`).
    """

    def __init__(self, key: SecretKey, policy: Policy) -> None:
        self._key = key
        self._policy = policy

    @property
    def address(self) -> str:
        """EIP-55 checksummed address."""
        return self._key.address

    def sign_transaction(self, fields: dict[str, object]) -> str:
        """Return the raw signed transaction (0x hex). Raises PolicyRefusal or WalletFault."""
        self._policy.check(fields)
        return "0x" + self._key.sign(fields).hex()

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"


@dataclass(frozen=True, slots=True)
class Fees:
    """What gas is paid with: type 0 (EIP-155) at a fixed price, or type 2 (EIP-1559)."""

    gas_price_wei: int | None = 0
    """Price for type 0; ``None`` chooses type 2."""
    max_fee_wei: int = 0
    tip_wei: int = 0

    def fields(self) -> Mapping[str, object]:
        """Return the fee fields of a transaction."""
        if self.gas_price_wei is not None:
            return {"gasPrice": self.gas_price_wei}
        return {
            "type": 2,
            "maxFeePerGas": self.max_fee_wei,
            "maxPriorityFeePerGas": self.tip_wei,
        }


FREE = Fees()
"""Community chains without fees: type 0 at gas price 0, so that members need no coins."""


def call_fields(
    chain_id: int, to: str | None, data: bytes, *, nonce: int, gas: int, fees: Fees = FREE
) -> dict[str, object]:
    """Return the fields of a contract call, or of a deployment when ``to`` is ``None``."""
    fields: dict[str, object] = {
        "chainId": chain_id,
        "nonce": nonce,
        "gas": gas,
        "value": 0,
        "data": data,
        **fees.fields(),
    }
    if to is not None:
        fields["to"] = to
    return fields
