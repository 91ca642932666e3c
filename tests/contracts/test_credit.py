"""The credit pays, is allowed, minted and burned as ERC-20 and EIP-2612 say."""

from __future__ import annotations

NOBODY = "0x" + "00" * 20
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_tells_what_it_is(street):
    credit = street.credit
    assert (credit("name"), credit("symbol"), credit("decimals")) == ("Peerwatt Credit", "PWC", 6)
    assert credit("treasury").lower() == street.treasury.lower()
    assert credit("totalSupply") == 8 * street.funds


def test_transfer_moves_exactly_what_is_sent(street):
    a, b, *_ = street.homes
    assert street.credit("transfer", b, 30, by=a) is True
    assert street.balance(a) == street.funds - 30
    assert street.balance(b) == street.funds + 30
    name, event = street.credit.logs()[0]
    assert name == "Transfer"
    assert event["value"] == 30
    street.credit("transfer", a, 5, by=a)
    assert street.balance(a) == street.funds - 30
    assert street.money_is_conserved()


def test_nobody_pays_more_than_it_has_or_to_nowhere(street):
    a, b, *_ = street.homes
    street.credit.refuses("balance too low", "transfer", b, street.funds + 1, by=a)
    street.credit.refuses("balance too low", "burn", street.funds + 1, by=a)
    street.credit.refuses("transfer to the zero address", "transfer", NOBODY, 1, by=a)
    street.credit.refuses("transfer to the zero address", "mint", NOBODY, 1, by=street.treasury)


def test_an_allowance_is_used_up_unless_it_has_no_end(street):
    a, b, c, *_ = street.homes
    street.credit("approve", b, 100, by=a)
    street.credit("transferFrom", a, c, 60, by=b)
    assert street.credit("allowance", a, b) == 40
    street.credit.refuses("allowance too low", "transferFrom", a, c, 41, by=b)
    street.credit("approve", b, 2**256 - 1, by=a)
    street.credit("transferFrom", a, c, 60, by=b)
    assert street.credit("allowance", a, b) == 2**256 - 1


def test_only_the_treasury_mints_and_anyone_burns_own_credits(street):
    a = street.homes[0]
    street.credit.refuses("only the treasury mints", "mint", a, 1, by=a)
    street.credit.refuses("only the treasury mints", "mint", a, 1, by=street.community)
    street.credit("burn", 10, by=a)
    assert street.credit("totalSupply") == 8 * street.funds - 10
    assert street.money_is_conserved()


def test_a_permit_works_once_and_only_as_signed(street):
    a, b, *_ = street.homes
    end = street.chain.time + 60
    sign = street.permit(0, b, 77, end)
    parts = (sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32))
    street.credit.refuses("not signed by the owner", "permit", a, b, 78, end, *parts, by=b)
    street.credit("permit", a, b, 77, end, *parts, by=b)
    assert street.credit("allowance", a, b) == 77
    assert street.credit("nonces", a) == 1
    street.credit.refuses("not signed by the owner", "permit", a, b, 77, end, *parts, by=b)


def test_a_late_or_bent_permit_is_refused(street):
    a, b, *_ = street.homes
    end = street.chain.time - 1
    sign = street.permit(0, b, 77, end)
    parts = (sign.v, sign.r.to_bytes(32), sign.s.to_bytes(32))
    street.credit.refuses("the permit has expired", "permit", a, b, 77, end, *parts, by=b)
    end = street.chain.time
    sign = street.permit(0, b, 77, end)
    bent = (55 - sign.v, sign.r.to_bytes(32), (ORDER - sign.s).to_bytes(32))
    street.credit.refuses("high s in the signature", "permit", a, b, 77, end, *bent, by=b)
    broken = (29, sign.r.to_bytes(32), sign.s.to_bytes(32))
    street.credit.refuses("invalid signature", "permit", NOBODY, b, 77, end, *broken, by=b)
