# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Registry
@license Apache-2.0
@notice Who takes part: members with zone, tariff, supplier and meter keys, roles, the addresses of
        the community's contracts by version, and the agents that trade for members within limits
        that their owners set.
@dev The packed words are told in the modules `households`, `agency` and `offices`.
"""

import agency
import households
import offices

initializes: offices
initializes: households[offices := offices]
initializes: agency[offices := offices, households := households]

exports: offices.__interface__
exports: households.__interface__
exports: agency.__interface__

MASK_64: constant(uint256) = 2**64 - 1
MASK_32: constant(uint256) = 2**32 - 1


@deploy
def __init__(community_: address, notice_s_: uint256):
    offices.__init__(community_, notice_s_)


@external
def add_member(
    member: address, zone: uint8, retail: uint32, feed_in: uint32, meter: address, supplier: address
):
    """
    @notice Admit a household. Community only. Its zone never changes.
    @param retail What its supplier charges, micro-units per kWh.
    @param feed_in What its supplier pays, micro-units per kWh.
    @param meter Address of the key that signs its readings.
    """
    offices._only_community()
    assert agency.authority[member] & agency.ACTIVE == 0, "the address is an agent"
    households._admit(member, zone, retail, feed_in, meter, supplier)


@external
@view
def principal(caller: address) -> address:
    """
    @notice For whom a caller acts: itself as an active member, or its owner as a valid agent.
    """
    return self._principal(caller)[0]


@external
@view
def trader(caller: address) -> (address, uint256, uint256, uint256):
    """
    @notice For whom a caller acts, with that member's zone, retail and feed-in price of now.
    """
    member: address = empty(address)
    word: uint256 = 0
    member, word = self._principal(caller)
    tariff: uint256 = (word >> 72) & MASK_64
    if (word >> 136) & MASK_32 <= block.timestamp // households.INTERVAL_S:
        tariff = (word >> 8) & MASK_64
    return (member, word & 255, tariff & MASK_32, tariff >> 32)


@external
@view
def trader_word(caller: address) -> (address, uint256):
    """
    @notice For whom a caller acts, with that member's packed word.
    """
    return self._principal(caller)


@internal
@view
def _principal(caller: address) -> (address, uint256):
    member: address = caller
    known: uint256 = agency.authority[caller]
    if known & agency.ACTIVE != 0:
        agency._valid(caller, known)
        member = agency._owner(known)
    return (member, households._active(member))
