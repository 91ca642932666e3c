"""The light client and the wallet, each value with its proof state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from peerwatt.api.messages import (
    AgentView,
    ChainValue,
    ChainView,
    EndpointView,
    TransactionView,
    TrustMark,
    WalletView,
)
from peerwatt.chain.bindings.registry import Agent
from peerwatt.chain.status import ChainStatus, SyncState
from peerwatt.engine.picture import ChainPicture
from peerwatt.history.records import SentTransaction, TransactionState
from peerwatt.model.market import SettledInterval
from peerwatt.model.units import interval_start_s

SHOWN = 40
"""Rows of the wallet's list."""


def chain_view(status: ChainStatus) -> ChainView:
    """Return the light client's section."""
    return ChainView.model_validate(
        {
            "network": status.network,
            "consensus": status.consensus,
            "chain_id": status.chain_id,
            "validators": status.validators,
            "state": status.state.value,
            "sentence": status.sentence,
            "head": status.head,
            "head_time_s": status.head_time_s,
            "headers_verified": status.headers_verified,
            "proofs_verified": status.proofs_verified,
            "rejected": status.rejected,
            "endpoints": [
                EndpointView.model_validate(
                    {"url": e.url, "state": e.state.value, "head": e.head, "sentence": e.sentence}
                )
                for e in status.endpoints
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class WalletState:
    """What the wallet's section is made of."""

    owner: str | None
    agent: str | None
    agent_stored_in: str
    currency: str
    picture: ChainPicture | None
    status: ChainStatus | None
    sent: Sequence[SentTransaction]
    settled: Sequence[SettledInterval] = ()
    sentence: str = ""


def wallet_view(state: WalletState) -> WalletView:
    """Return the wallet's section."""
    picture = state.picture
    grant = picture.grant if picture else None

    def proven(value: int | None) -> ChainValue:
        return chain_value(value, picture, state.status)

    return WalletView(
        owner_address=state.owner,
        currency=state.currency,
        credit=proven(picture.credit_micro if picture else None),
        escrowed=proven(picture.escrowed_micro if picture else None),
        total_supply=proven(picture.total_supply_micro if picture else None),
        agent=AgentView(
            address=state.agent,
            stored_in=state.agent_stored_in,
            daily_limit=proven(grant.daily_limit_micro if grant else None),
            spent_today=proven(picture.used_today.spent_micro if picture and grant else None),
            daily_sales_wh=grant.daily_sales_wh if grant else None,
            sold_today_wh=picture.used_today.sold_wh if picture and grant else None,
            state=_agent_state(grant, picture),
            may_trade=bool(picture and picture.may_trade),
            may_offer=bool(picture and picture.may_offer),
            min_price_micro=grant.min_price_micro if grant else None,
            max_price_micro=grant.max_price_micro if grant else None,
            expires_s=grant.expires_s if grant else None,
        ),
        transactions=_moved(state),
        sentence=state.sentence,
    )


def _agent_state(
    grant: Agent | None, picture: ChainPicture | None
) -> Literal["none", "active", "paused", "expired", "revoked"]:
    """Return what the contract says of an agent's key, in one word."""
    if grant is None or picture is None or not grant.expires_s:
        return "none"
    if not grant.is_active:
        return "revoked"
    if picture.block_time_s > grant.expires_s:
        return "expired"
    return "paused" if grant.is_paused else "active"


def chain_value(
    value: int | None, picture: ChainPicture | None, status: ChainStatus | None
) -> ChainValue:
    """Return a value with its mark; only what was proven and is not outdated is verified."""
    if picture is None or value is None:
        return ChainValue(value=None, mark=TrustMark.UNVERIFIED)
    mark = TrustMark.VERIFIED
    if status is not None and status.state is SyncState.STOPPED:
        mark = TrustMark.CONTRADICTED
    elif status is not None and status.state is not SyncState.VERIFIED:
        mark = TrustMark.PENDING
    return ChainValue(
        value=value,
        mark=mark,
        block_number=picture.block_number,
        block_time_s=picture.block_time_s,
    )


def _moved(state: WalletState) -> tuple[TransactionView, ...]:
    """Return what was sent and what settlement moved, newest first."""
    rows = [_transaction(sent) for sent in state.sent]
    rows += [_payment(one) for one in state.settled[-SHOWN:] if _moves(one)]
    return tuple(sorted(rows, key=lambda row: -row.time_s)[:SHOWN])


def _moves(settled: SettledInterval) -> bool:
    return settled.trade_micro != 0 or settled.supplier_micro != 0


def _payment(settled: SettledInterval) -> TransactionView:
    """Return a settled interval as a movement of the owner's credits; its result is proven."""
    words = "with the supplier"
    if settled.bought_wh:
        words = f"{settled.bought_wh} Wh bought nearby"
    elif settled.sold_wh:
        words = f"{settled.sold_wh} Wh sold nearby"
    return TransactionView(
        transaction_hash=f"settlement of interval {settled.interval}",
        time_s=float(interval_start_s(settled.interval + 1)),
        what=f"Settled: {words}",
        amount_micro=settled.trade_micro + settled.supplier_micro,
        state="final",
        mark=TrustMark.VERIFIED,
        by="other",
    )


def _transaction(sent: SentTransaction) -> TransactionView:
    proven = sent.state in {TransactionState.IN_BLOCK, TransactionState.FINAL}
    return TransactionView.model_validate(
        {
            "transaction_hash": sent.transaction_hash,
            "time_s": sent.time_s,
            "what": sent.what,
            "amount_micro": sent.amount_micro,
            "state": sent.state.value,
            "block_number": sent.block_number,
            "mark": TrustMark.VERIFIED if proven else TrustMark.PENDING,
            "by": sent.by.value,
        }
    )
