"""Payment links and what QR codes hold: ``ethereum:`` URIs (EIP-681), strictly read and built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .address import checksum_address, parse_address
from .amounts import MAX_UINT256
from .secret import WalletFault

MAX_LINK_CHARS = 500
_LINK = re.compile(
    r"ethereum:(?:pay-)?(?P<target>[^@/?]*)(?:@(?P<chain>[^/?]*))?"
    r"(?:/(?P<function>[^?]*))?(?:\?(?P<query>.*))?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?(\d{1,80})(?:\.(\d{1,80}))?(?:[eE](\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """A request to pay. The amount is a suggestion that the payer may change."""

    kind: Literal["coin", "token"]
    recipient: str
    chain_id: int | None = None
    amount: int | None = None
    """In the smallest unit of the coin or token."""
    token: str | None = None
    """The token's contract; ``None`` for the chain's own coin."""
    gas: int | None = None
    gas_price_wei: int | None = None


def build_link(link: PaymentLink) -> str:
    """Return the URI of a request to pay, such as a QR code shows. Raises WalletFault."""
    recipient = parse_address(link.recipient, "recipient")
    chain = f"@{link.chain_id:d}" if link.chain_id is not None else ""
    if link.amount is not None and not 0 <= link.amount <= MAX_UINT256:
        raise WalletFault("This amount cannot be asked for.", "amount")
    if link.kind == "token":
        if link.token is None:
            raise WalletFault("The link names no token.", "token")
        token = parse_address(link.token, "token")
        amount = f"&uint256={link.amount:d}" if link.amount is not None else ""
        return f"ethereum:{token}{chain}/transfer?address={recipient}{amount}"
    amount = f"?value={link.amount:d}" if link.amount is not None else ""
    return f"ethereum:{recipient}{chain}{amount}"


def parse_link(text: str) -> PaymentLink:
    """Return the request in a link. Raises WalletFault with what is wrong with it."""
    found = _LINK.fullmatch(text.strip())
    if found is None or len(text) > MAX_LINK_CHARS or "%" in text or "#" in text:
        raise WalletFault("This is no payment link; it should begin with ethereum:0x.", "link")
    target = _address(found["target"], "The link")
    chain_id = _chain(found["chain"])
    query = _query(found["query"])
    gas, gas_price = _gas(query), _taken(query, "gasPrice")
    if found["function"] is None:
        amount = _taken(query, "value")
        _nothing_left(query)
        return PaymentLink("coin", target, chain_id, amount, None, gas, gas_price)
    if found["function"] != "transfer":
        raise WalletFault("This link asks for something else than a payment.", "link")
    if "address" not in query:
        raise WalletFault("The link does not say whom to pay.", "link")
    recipient = _address(query.pop("address"), "The recipient in the link")
    amount = _taken(query, "uint256")
    _nothing_left(query)
    return PaymentLink("token", recipient, chain_id, amount, target, gas, gas_price)


def _address(text: str, what: str) -> str:
    if not text.lower().startswith("0x"):
        raise WalletFault(f"{what} names no 0x address; names are not looked up.", "link")
    try:
        return parse_address(text, "link")
    except WalletFault:
        raise WalletFault(f"{what} holds a mistyped address; ask for a new one.", "link") from None


def _chain(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,18}", text, re.ASCII):
        raise WalletFault("The link names its chain by something else than a number.", "link")
    return int(text)


def _query(text: str | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split("&") if text else ():
        key, mark, value = part.partition("=")
        if not mark or key in pairs:
            raise WalletFault("The link has a part that is repeated or has no value.", "link")
        pairs[key] = value
    return pairs


def _gas(query: dict[str, str]) -> int | None:
    if "gas" in query and "gasLimit" in query:
        raise WalletFault("The link names its gas twice.", "link")
    gas, limit = _taken(query, "gas"), _taken(query, "gasLimit")
    return limit if gas is None else gas


def _taken(query: dict[str, str], key: str) -> int | None:
    if key not in query:
        return None
    found = _NUMBER.fullmatch(query.pop(key))
    if found is None:
        raise WalletFault(f"The link's {key} is no number.", "link")
    whole, fraction, exponent = found[1], found[2] or "", int(found[3] or 0)
    if len(fraction) > exponent:
        raise WalletFault(f"The link's {key} is not a whole number of its smallest unit.", "link")
    value: int = int(whole + fraction) * 10 ** (exponent - len(fraction))
    if value > MAX_UINT256:
        raise WalletFault(f"The link's {key} is too large.", "link")
    return value


def _nothing_left(query: dict[str, str]) -> None:
    if query:
        raise WalletFault(f"The link asks for {min(query)[:40]!r}, which is unknown here.", "link")


def as_json(link: PaymentLink) -> dict[str, object]:
    """Return the link for an answer; amounts as decimal text, since they may be large."""
    return {
        "kind": link.kind,
        "recipient": checksum_address(link.recipient),
        "chain_id": link.chain_id,
        "amount": None if link.amount is None else str(link.amount),
        "token": link.token,
        "gas": link.gas,
        "gas_price_wei": None if link.gas_price_wei is None else str(link.gas_price_wei),
    }
