"""Intents to trade and offers of flexibility; implements OrderOutbox and OfferBook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select

from peerwatt.model.flexibility import FlexOffer, OfferState
from peerwatt.model.market import Order, OrderIntent, OrderState, Side, Step

from .database import Database
from .tables import flex_offer, order_intent

_OFFER_FIELDS = tuple(column.name for column in flex_offer.columns)


class SqlOrderOutbox:
    """Order intents, one per account and interval (``model.ports.OrderOutbox``)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, intent: OrderIntent) -> None:
        """Insert or replace the intent of (account, interval). Durable on return."""
        row = {
            "account": intent.account,
            "interval": intent.order.interval,
            **_order_row(intent.order),
            "state": intent.state.value,
            "created_s": intent.created_s,
            "reason": intent.reason,
            "transaction_hash": intent.transaction_hash,
            "raw_transaction": intent.raw_transaction,
            "nonce": intent.nonce,
        }
        with self._database.write(durable=True) as connection:
            connection.execute(insert(order_intent).prefix_with("OR REPLACE"), row)

    def get(self, account: str, interval: int) -> OrderIntent | None:
        """Return the intent of an interval."""
        query = select(order_intent).where(
            order_intent.c.account == account, order_intent.c.interval == interval
        )
        return next(iter(self._all(query)), None)

    def pending(self, account: str) -> Sequence[OrderIntent]:
        """Return the intents that are INTENDED or SENT, oldest first."""
        query = select(order_intent).where(
            order_intent.c.account == account,
            order_intent.c.state.in_((OrderState.INTENDED.value, OrderState.SENT.value)),
        )
        return self._all(query.order_by(order_intent.c.created_s, order_intent.c.interval))

    def recent(self, account: str, since_interval: int) -> Sequence[OrderIntent]:
        """Return all intents from an interval on, by interval."""
        query = select(order_intent).where(
            order_intent.c.account == account, order_intent.c.interval >= since_interval
        )
        return self._all(query.order_by(order_intent.c.interval))

    def _all(self, query: Select[Any]) -> list[OrderIntent]:
        with self._database.read() as connection:
            return [_as_intent(row) for row in connection.execute(query).mappings()]


class SqlOfferBook:
    """Our offers on flexibility requests (``model.ports.OfferBook``)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, offer: FlexOffer) -> None:
        """Insert or replace the offer on a request. Durable on return."""
        row = {name: getattr(offer, name) for name in _OFFER_FIELDS}
        row["state"] = offer.state.value
        with self._database.write(durable=True) as connection:
            connection.execute(insert(flex_offer).prefix_with("OR REPLACE"), row)

    def get(self, request_id: int) -> FlexOffer | None:
        """Return our offer on a request."""
        query = select(flex_offer).where(flex_offer.c.request_id == request_id)
        return next(iter(self._all(query)), None)

    def all(self) -> Sequence[FlexOffer]:
        """Return all offers, by request."""
        return self._all(select(flex_offer).order_by(flex_offer.c.request_id))

    def _all(self, query: Select[Any]) -> list[FlexOffer]:
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return [FlexOffer(**{**row, "state": OfferState(row["state"])}) for row in rows]


def _order_row(order: Order) -> dict[str, int]:
    """Both steps as columns; a step that is not there has quantity 0."""
    none = Step(Side.BUY, 0, 0)
    first, second = (*order.steps, none, none)[:2]
    return {
        "side": int(first.side),
        "tick": first.tick,
        "quantity_wh": first.quantity_wh,
        "reach": first.reach,
        "second_side": int(second.side),
        "second_tick": second.tick,
        "second_quantity_wh": second.quantity_wh,
        "second_reach": second.reach,
    }


def _as_order(row: RowMapping) -> Order:
    names = ("side", "tick", "quantity_wh", "reach")
    steps = [
        Step(Side(row[prefix + "side"]), *(row[prefix + name] for name in names[1:]))
        for prefix in ("", "second_")
        if row[prefix + "quantity_wh"]
    ]
    return Order(row["interval"], tuple(steps))


def _as_intent(row: RowMapping) -> OrderIntent:
    return OrderIntent(
        account=row["account"],
        order=_as_order(row),
        state=OrderState(row["state"]),
        created_s=row["created_s"],
        reason=row["reason"],
        transaction_hash=row["transaction_hash"],
        raw_transaction=row["raw_transaction"],
        nonce=row["nonce"],
    )
