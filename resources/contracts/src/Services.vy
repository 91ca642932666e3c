# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Services
@license Apache-2.0
@notice What the community shares and prices by use: a charging point, a battery, a car. The user
        pays the provider in the same credits that trading and flexibility earn, and gets a
        receipt; part of the price may come back from the provider as loyalty.
@dev Only the caller ever pays. Prices are micro-units per unit of the service.
"""

from ethereum.ercs import IERC20

import guarded

interface IRegistry:
    def principal(caller: address) -> address: view

struct Service:
    provider: address
    price: uint256
    open: bool
    name: String[48]
    unit: String[16]

event Listed:
    id: indexed(uint256)
    provider: indexed(address)
    name: String[48]
    unit: String[16]

event Priced:
    id: indexed(uint256)
    price: uint256
    open: bool

event Used:
    id: indexed(uint256)
    user: indexed(address)
    receipt: indexed(uint256)
    units: uint256
    paid: uint256
    reference: bytes32

event Rewarded:
    giver: indexed(address)
    receiver: indexed(address)
    amount: uint256
    reason: bytes32

NAME: constant(bytes32) = keccak256("Services")
MAX_PRICE: constant(uint256) = 2**64 - 1
MAX_UNITS: constant(uint256) = 2**64 - 1

credit: public(immutable(address))
registry: public(immutable(address))

service_count: public(uint256)
services: public(HashMap[uint256, Service])
receipt_count: public(uint256)
# By receipt: hash of (service, user, units, paid, reference).
receipts: public(HashMap[uint256, bytes32])


@deploy
def __init__(credit_: address, registry_: address):
    credit = credit_
    registry = registry_


@external
def list_service(name: String[48], unit: String[16], price: uint256) -> uint256:
    """
    @notice Put a service on the list. Active members only; the caller becomes its provider.
    @return Number of the service, from 0 on.
    """
    guarded.check(registry, NAME)
    assert staticcall IRegistry(registry).principal(msg.sender) == msg.sender, "not a member"
    assert len(name) != 0 and len(unit) != 0, "a service has a name and a unit"
    assert price <= MAX_PRICE, "price out of range"
    id: uint256 = self.service_count
    self.service_count = id + 1
    self.services[id] = Service(provider=msg.sender, price=price, open=True, name=name, unit=unit)
    log Listed(id=id, provider=msg.sender, name=name, unit=unit)
    log Priced(id=id, price=price, open=True)
    return id


@external
def set_price(id: uint256, price: uint256, open: bool):
    """
    @notice Change a service's price, or close it for a while. Its provider only.
    """
    assert self.services[id].provider == msg.sender, "only the provider"
    assert price <= MAX_PRICE, "price out of range"
    self.services[id].price = price
    self.services[id].open = open
    log Priced(id=id, price=price, open=open)


@external
def pay(id: uint256, units: uint256, max_price: uint256, reference: bytes32) -> uint256:
    """
    @notice Use a service and pay for it from own credits (an allowance to this contract).
    @param max_price Highest price per unit the user accepts, in case it changes on the way.
    @param reference What the provider knows the use by.
    @return Number of the receipt, from 0 on.
    """
    guarded.check(registry, NAME)
    provider: address = self.services[id].provider
    price: uint256 = self.services[id].price
    assert provider != empty(address), "no such service"
    assert self.services[id].open, "the service is closed"
    assert price <= max_price, "the price is above the accepted one"
    assert units != 0 and units <= MAX_UNITS, "units out of range"
    paid: uint256 = units * price
    receipt: uint256 = self.receipt_count
    self.receipt_count = receipt + 1
    self.receipts[receipt] = keccak256(abi_encode(id, msg.sender, units, paid, reference))
    assert extcall IERC20(credit).transferFrom(msg.sender, provider, paid), "the payment failed"
    log Used(
        id=id, user=msg.sender, receipt=receipt, units=units, paid=paid, reference=reference
    )
    return receipt


@external
def reward(receiver: address, amount: uint256, reason: bytes32):
    """
    @notice Give own credits to somebody as loyalty or thanks, with a reason on record.
    """
    guarded.check(registry, NAME)
    assert extcall IERC20(credit).transferFrom(msg.sender, receiver, amount), "the payment failed"
    log Rewarded(giver=msg.sender, receiver=receiver, amount=amount, reason=reason)


@external
@view
def is_receipt(
    receipt: uint256, id: uint256, user: address, units: uint256, paid: uint256, reference: bytes32
) -> bool:
    """
    @notice Whether a receipt says exactly this.
    """
    return self.receipts[receipt] == keccak256(abi_encode(id, user, units, paid, reference))
