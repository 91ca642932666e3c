"""What is about to be sent or written is on disk first, and comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.history import History, HistoryFault
from peerwatt.model.flexibility import FlexOffer, OfferState
from peerwatt.model.market import Order, OrderIntent, OrderState, Side, Step
from peerwatt.model.mealy import GENESIS_HASH, MealyMachine, Transition, replay_fault
from peerwatt.model.ports import OfferBook, OrderOutbox, TwinLog, UndoLedger

INTENT = OrderIntent(
    "0xAb",
    Order.single(2_000_000, Side.SELL, 17, 1250),
    OrderState.INTENDED,
    1.8e9 + 0.125,
    "Sun above own use",
)
OFFER = FlexOffer(7, "0xAb", 1500, 250_000, -400, reason="the car can wait")
MACHINE = MealyMachine(
    "m", ("a", "b"), "a", ("x",), {("a", "x"): ("b", "1"), ("b", "x"): ("a", "0")}
)


def log_of(count: int, twin: str = "battery") -> list[Transition]:
    """Return the log of a twin that steps back and forth."""
    log: list[Transition] = []
    state, previous = "a", GENESIS_HASH
    for seq in range(count):
        after, output = MACHINE.step(state, "x")
        log.append(Transition(twin, seq, previous, state, "x", after, output, 1000 * seq, "{}"))
        state, previous = after, log[-1].hash()
    return log


def test_the_stores_are_the_ports(history: History) -> None:
    twins: TwinLog = history.twins
    outbox: OrderOutbox = history.outbox
    offers: OfferBook = history.offers
    undo: UndoLedger = history.undo
    assert None not in (twins, outbox, offers, undo)


def test_an_intent_is_replaced_by_account_and_interval(history: History) -> None:
    history.outbox.put(INTENT)
    sent = replace(
        INTENT, state=OrderState.SENT, transaction_hash="0x1", raw_transaction="0xf8", nonce=3
    )
    history.outbox.put(sent)
    history.outbox.put(replace(INTENT, account="0xCd"))
    assert history.outbox.get("0xAb", 2_000_000) == sent
    assert history.outbox.get("0xAb", 2_000_001) is None
    assert history.outbox.recent("0xAb", 0) == [sent]
    assert history.outbox.recent("0xAb", 2_000_001) == []


def test_pending_are_intended_and_sent_oldest_first(history: History) -> None:
    for index, state in enumerate(OrderState):
        order = replace(INTENT.order, interval=INTENT.order.interval + index)
        history.outbox.put(
            replace(INTENT, order=order, state=state, created_s=INTENT.created_s - index)
        )
    pending = history.outbox.pending("0xAb")
    assert [intent.state for intent in pending] == [OrderState.SENT, OrderState.INTENDED]
    assert len(history.outbox.recent("0xAb", 0)) == len(OrderState)


def test_offers_come_back_by_request(history: History) -> None:
    verified = replace(OFFER, request_id=3, state=OfferState.VERIFIED, metered_wh=-900)
    history.offers.put(OFFER)
    history.offers.put(verified)
    awarded = replace(OFFER, state=OfferState.AWARDED, awarded_wh=1000)
    history.offers.put(awarded)
    assert history.offers.all() == [verified, awarded]
    assert history.offers.get(7) == awarded
    assert history.offers.get(8) is None


def test_the_first_old_value_stays_until_it_was_given_back(path: Path) -> None:
    history = History.open(path)
    history.undo.remember("b", "40105", 100, 1.0)
    history.undo.remember("b", "40011", -5, 2.0)
    history.undo.remember("b", "40105", 0, 3.0)
    history.undo.remember("c", "limit", 16, 4.0)
    history.close()
    history = History.open(path)
    assert history.undo.held("b") == [("40105", 100), ("40011", -5)]
    assert history.undo.devices() == ("b", "c")
    history.undo.forget("b")
    assert history.undo.held("b") == []
    history.undo.remember("b", "40105", 7, 5.0)
    assert history.undo.held("b") == [("40105", 7)]
    history.close()


def test_a_twin_log_survives_and_replays(path: Path) -> None:
    history = History.open(path)
    log = log_of(2500)
    history.twins.append(log[:10])
    history.twins.append([*log[10:], *log_of(3, "meter")])
    history.twins.append([])
    history.close()
    history = History.open(path)
    assert list(history.twins.records("battery")) == log
    assert list(history.twins.records("battery", 2490)) == log[2490:]
    assert history.twins.recent("battery", 3) == log[-3:]
    assert history.twins.last("battery") == log[-1]
    assert history.twins.last("nobody") is None
    assert history.twins.counts() == {"battery": 2500, "meter": 3}
    assert replay_fault(MACHINE, history.twins.records("battery"), log[-1].hash()) is None
    history.close()


def test_reading_a_log_does_not_block_writing_it(history: History) -> None:
    log = log_of(1500)
    history.twins.append(log[:1200])
    records = history.twins.records("battery")
    first = next(iter(records))
    history.twins.append(log[1200:])
    assert [first, *records] == log


@pytest.mark.parametrize("wrong", ["again", "skip", "forged"])
def test_a_record_that_does_not_continue_the_chain_is_refused_whole(
    history: History, wrong: str
) -> None:
    log = log_of(6)
    history.twins.append(log[:3])
    bad = {
        "again": [log[3], log[3]],
        "skip": [log[3], log[5]],
        "forged": [log[3], replace(log[4], previous_hash="ab" * 32)],
    }[wrong]
    with pytest.raises(HistoryFault, match="of the twin battery does not continue its log"):
        history.twins.append(bad)
    assert history.twins.last("battery") == log[2]
    history.twins.append(log[3:])
    assert list(history.twins.records("battery")) == log


def crosses(steps: tuple[Step, ...]) -> bool:
    """Whether a sale at tick 0 stands where the strategy's buy does."""
    asks = {s.reach for s in steps if s.side is Side.SELL and s.tick == 0}
    return any(s.side is Side.BUY and s.reach in asks for s in steps)


@settings(max_examples=30)
@given(
    intent=st.builds(
        OrderIntent,
        account=st.text(max_size=50),
        order=st.builds(
            Order,
            interval=st.integers(0, 2**40),
            steps=st.lists(
                st.builds(
                    Step,
                    side=st.just(Side.SELL),
                    tick=st.integers(0, 255),
                    quantity_wh=st.integers(1, 2**32),
                    reach=st.integers(0, 2),
                )
                | st.builds(Step, st.just(Side.BUY), st.just(0), st.integers(1, 9), st.just(1)),
                max_size=2,
            )
            .map(tuple)
            .filter(lambda s: not crosses(s)),
        ),
        state=st.sampled_from(OrderState),
        created_s=st.floats(0, 4e9),
        reason=st.text(),
        transaction_hash=st.none() | st.text(),
        raw_transaction=st.none() | st.text(),
        nonce=st.none() | st.integers(0, 2**62),
    )
)
def test_any_intent_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory, intent: OrderIntent
) -> None:
    history = History.open(tmp_path_factory.mktemp("intent") / "h.sqlite")
    history.outbox.put(intent)
    assert history.outbox.get(intent.account, intent.order.interval) == intent
    history.close()
