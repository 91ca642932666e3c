"""Who only shares is never worse off than with the supplier, whatever the others do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from peerwatt.market.accuracy import START_H, AccuracyRules
from peerwatt.market.settlement_view import supplier_only_micro
from peerwatt.market.settling import Metered, SettlingRules, finalise_zone, supplier_micro
from peerwatt.model.market import Tariff

ALWAYS_WH = 2**32 - 1
MID_MICRO = 187_500
RULES = SettlingRules(AccuracyRules(220_000, weight_permille=25), ALWAYS_WH, MID_MICRO)
TARIFFS = (Tariff(300_000, 80_000), Tariff(285_000, 90_000), Tariff(180_000, 60_000))

WH = st.integers(0, 3_000)
METERED = st.builds(
    Metered,
    WH,
    WH,
    st.one_of(st.just(0), WH),
    st.one_of(st.just(0), WH),
    st.sampled_from(TARIFFS),
    no_fuss=st.booleans(),
    is_late=st.booleans(),
)


@given(st.lists(METERED, min_size=1, max_size=8), st.integers(0, 9_000))
@settings(max_examples=150)
def test_who_only_shares_never_pays_more_than_the_supplier_asks(
    all_of: list[Metered], volume_wh: int
) -> None:
    members = {str(i): one for i, one in enumerate(all_of)}
    final = finalise_zone(members, dict.fromkeys(members, START_H), 150_000, volume_wh, RULES)
    for name, one in members.items():
        if one.bought_wh + one.sold_wh:
            continue
        net = one.import_wh - one.export_wh
        alone = -supplier_only_micro(max(net, 0), max(-net, 0), one.tariff)
        received = supplier_micro(one.rest_wh, one.tariff)
        received += final[name].accuracy_micro + final[name].mid_market_micro
        assert received >= alone
        assert final[name].shared_wh <= abs(net)


@given(st.lists(METERED, min_size=2, max_size=8))
@settings(max_examples=100)
def test_sharing_gives_no_more_than_there_is(all_of: list[Metered]) -> None:
    members = {str(i): one for i, one in enumerate(all_of)}
    final = finalise_zone(members, dict.fromkeys(members, START_H), 0, 0, RULES)
    taken = sum(final[n].shared_wh for n, one in members.items() if one.rest_wh > 0)
    given_wh = sum(final[n].shared_wh for n, one in members.items() if one.rest_wh < 0)
    # Who takes is rounded up, who gives is rounded down, less than a Wh each.
    assert 0 <= taken - given_wh < len(members)
