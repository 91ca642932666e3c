"""Transactions in plain words: the community's contracts by their ABI, anything else as unknown."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from .. import abi
from ..amounts import MAX_UINT256, coins_text
from ..fees import highest_price_wei, total_wei
from ..transaction import UnsignedTransaction
from .arguments import bytes_text, line_of, value_text
from .parts import Line, Meaning, Risk, Surroundings, worse
from .special import SPECIAL
from .templates import TEMPLATES


def describe_transaction(tx: UnsignedTransaction, around: Surroundings) -> Meaning:
    """Return what a transaction would do. Pure; never raises for any transaction."""
    meaning = _call(tx, around) if tx.data else _coins(tx, around)
    if tx.data and tx.value_wei:
        meaning = replace(
            meaning,
            risk=worse(meaning.risk, Risk.CAREFUL),
            lines=(*meaning.lines, Line("Coins sent along", coins_text(tx.value_wei), "amount")),
            warnings=(*meaning.warnings, "Coins are sent along with this call."),
        )
    return replace(meaning, lines=(*meaning.lines, *_technical(tx, around)))


def _coins(tx: UnsignedTransaction, around: Surroundings) -> Meaning:
    if tx.value_wei == 0 and tx.to in around.own:
        return Meaning(
            "cancel", f"Cancel what waits with nonce {tx.nonce}: nothing is sent", Risk.ORDINARY
        )
    contract = around.contract_at(tx.to)
    amount = coins_text(tx.value_wei)
    return Meaning(
        "coin.transfer",
        f"Send {amount} to {around.called(tx.to)}",
        Risk.CAREFUL if contract else Risk.ORDINARY,
        (Line("Amount", amount, "amount"), Line("To", around.called(tx.to), "address", tx.to)),
        (f"The community's {contract} takes no coins.",) if contract else (),
        tx.to,
    )


def _call(tx: UnsignedTransaction, around: Surroundings) -> Meaning:
    name = around.contract_at(tx.to)
    if name is None:
        return _stranger(tx, around)
    function = abi.by_selector(name, tx.data[:4]) if len(tx.data) >= 4 else None
    values = function.decode(tx.data) if function is not None else None
    if function is None or values is None:
        return _unknown(tx, around, f"The community's {name} has no such call.")
    code = f"{name}.{function.name}"
    if special := SPECIAL.get(code):
        # A contract whose arguments changed is told by them alone, as any other call.
        with suppress(KeyError):
            return special(values, around)
    lines = tuple(line_of(key, value, around) for key, value in values.items())
    if function.is_view:
        return Meaning(code, f"Only read {function.name} of {name}", Risk.CAREFUL, lines)
    return _by_template(code, values, lines, around)


def _by_template(
    code: str, values: dict[str, Any], lines: tuple[Line, ...], around: Surroundings
) -> Meaning:
    contract, _, function = code.partition(".")
    template = TEMPLATES.get(code)
    texts = {name: value_text(name, value, around) for name, value in values.items()}
    if template is None or not template.names <= set(texts):
        title = f"Call {function} of the community's {contract}"
        return Meaning(code, title, Risk.CAREFUL, lines)
    recipient = values.get(template.recipient) if template.recipient else None
    warnings = (template.warning,) if template.warning else ()
    title = template.title.format_map(texts)
    return Meaning(code, title, template.risk, lines, warnings, recipient)


def _stranger(tx: UnsignedTransaction, around: Surroundings) -> Meaning:
    """A contract that the site's settings do not name."""
    function = abi.known_anywhere(tx.data[:4])
    values = function.decode(tx.data) if function is not None else None
    if function is None or values is None:
        return _unknown(tx, around, "Nobody here knows what this call does.")
    lines = tuple(Line(name, _plain(value)) for name, value in values.items())
    meaning = _unknown(
        tx,
        around,
        f"It looks like {function.name} of a {function.contract}, but this contract is not your "
        "community's: its amounts and effects may be anything.",
    )
    return replace(meaning, code="unknown.contract", lines=(*meaning.lines, *lines))


def _plain(value: Any) -> str:
    if value == MAX_UINT256:
        return "the largest number (without limit)"
    if isinstance(value, bytes):
        return bytes_text(value)
    return str(value)[:200]


def _unknown(tx: UnsignedTransaction, around: Surroundings, why: str) -> Meaning:
    return Meaning(
        "unknown",
        f"Unknown call of {around.called(tx.to)}",
        Risk.UNKNOWN,
        (
            Line("Contract", around.called(tx.to), "address", tx.to),
            Line("Selector", bytes_text(tx.data[:4]), "bytes"),
            Line("Data", bytes_text(tx.data), "bytes"),
        ),
        (why,),
        tx.to,
    )


def _technical(tx: UnsignedTransaction, around: Surroundings) -> tuple[Line, ...]:
    most = total_wei(tx.fees, tx.gas)
    free = highest_price_wei(tx.fees) == 0
    return (
        Line("Fee", "none" if free else f"at most {coins_text(most)}", "amount"),
        Line("Nonce", str(tx.nonce)),
        Line(
            "Chain", f"{tx.chain_id}" + ("" if tx.chain_id == around.chain_id else " (not yours)")
        ),
    )
