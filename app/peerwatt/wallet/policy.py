"""What may be signed: the agent signs named calls of named contracts, moves no coins, no more.

The contract enforces the limits in money; the policy keeps a fault of this program, or somebody
who reaches its API, from signing anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from peerwatt.model.ports import PolicyRefusal

from .address import is_checksummed

Fields = Mapping[str, object]
"""Fields of a transaction as web3 and eth-account name them."""


_OWNER_FIELDS = {
    "type",
    "chainId",
    "nonce",
    "to",
    "gas",
    "value",
    "data",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
}


class Policy(Protocol):
    """Decides whether a transaction may be signed."""

    def check(self, fields: Fields) -> None:
        """Return when it may be signed. Raises PolicyRefusal with the rule that forbids it."""


def _number(fields: Fields, name: str) -> int:
    value = fields.get(name, 0)
    if isinstance(value, str):
        try:
            return int(value, 16)
        except ValueError:
            value = None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise PolicyRefusal(f"The field {name} of the transaction is no number.")
    return value


def _data(fields: Fields) -> bytes:
    value = fields.get("data", b"")
    if isinstance(value, str):
        try:
            return bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            value = None
    if not isinstance(value, bytes):
        raise PolicyRefusal("The data of the transaction is neither bytes nor hexadecimal.")
    return bytes(value)


def _check_chain(fields: Fields, chain_id: int) -> None:
    if _number(fields, "chainId") != chain_id:
        raise PolicyRefusal(f"The transaction is not for chain {chain_id}.")


@dataclass(frozen=True, slots=True)
class ChainPolicy:
    """For keys whose every use a person confirms: only the chain is fixed."""

    chain_id: int

    def check(self, fields: Fields) -> None:
        """Refuse transactions for another chain, or for any chain (before EIP-155)."""
        _check_chain(fields, self.chain_id)


@dataclass(frozen=True, slots=True)
class OwnerPolicy:
    """For the owner's keys: plain calls and payments on one chain that a person has read."""

    chain_id: int
    max_gas: int = 16_777_216
    """No transaction may use more (EIP-7825)."""
    max_data_bytes: int = 65_536

    def check(self, fields: Fields) -> None:
        """Refuse other chains, new contracts, mistyped addresses and unusual kinds."""
        _check_chain(fields, self.chain_id)
        to = fields.get("to")
        if not isinstance(to, str) or not to:
            raise PolicyRefusal("The wallet does not create contracts.")
        if not is_checksummed(to):
            raise PolicyRefusal("The recipient is not written as a checksummed address.")
        if not 21_000 <= _number(fields, "gas") <= self.max_gas:
            raise PolicyRefusal(f"A transaction uses between 21000 and {self.max_gas} gas.")
        if len(_data(fields)) > self.max_data_bytes:
            raise PolicyRefusal("The data of the transaction is too long.")
        if extra := set(fields) - _OWNER_FIELDS:
            raise PolicyRefusal(f"The wallet does not sign transactions with {min(extra)}.")


@dataclass(frozen=True, slots=True)
class AgentPolicy:
    """For the key with which the engine trades alone."""

    chain_id: int
    allowed: frozenset[tuple[str, bytes]]
    """(contract address in lower case, 4-byte selector)."""
    max_gas: int = 5_000_000
    max_fee_wei: int = 0
    """Highest price of one unit of gas; 0 on a community chain."""

    @classmethod
    def allowing(
        cls,
        chain_id: int,
        calls: Iterable[tuple[str, bytes]],
        *,
        max_gas: int = 5_000_000,
        max_fee_wei: int = 0,
    ) -> AgentPolicy:
        """Return a policy from (address in any case, selector) pairs."""
        allowed = frozenset((address.lower(), selector) for address, selector in calls)
        return cls(chain_id, allowed, max_gas, max_fee_wei)

    def check(self, fields: Fields) -> None:
        """Refuse whatever is not a named call with value 0 within the gas limits."""
        _check_chain(fields, self.chain_id)
        to = fields.get("to")
        selector = _data(fields)[:4]
        if not isinstance(to, str) or (to.lower(), selector) not in self.allowed:
            raise PolicyRefusal(
                f"The agent may not call 0x{selector.hex()} of {to or 'a new contract'}."
            )
        if _number(fields, "value") != 0:
            raise PolicyRefusal("The agent may not send coins.")
        if not 0 < _number(fields, "gas") <= self.max_gas:
            raise PolicyRefusal(f"The agent may use at most {self.max_gas} gas at once.")
        if max(_number(fields, "gasPrice"), _number(fields, "maxFeePerGas")) > self.max_fee_wei:
            raise PolicyRefusal(f"The agent may pay at most {self.max_fee_wei} wei for gas.")
        if extra := set(fields) & {"accessList", "authorizationList", "blobVersionedHashes"}:
            raise PolicyRefusal(f"The agent may not sign transactions with {min(extra)}.")
