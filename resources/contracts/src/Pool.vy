# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Pool
@license Apache-2.0
@notice A coalition: several parties with a common connection that is one member of the community.
        It trades and is paid as one and splits by a key that all of them signed. A share leaves
        the key when its holder has left with notice; what cannot be split waits for the next
        round.
@dev Shares sum to 10000 in a signed key; who leaves takes its weight out of the sum.
"""

from ethereum.ercs import IERC20

import guarded
import signatures

interface IMarket:
    def accounts(member: address) -> (uint256, uint256, uint256): view
    def deposit(amount: uint256): nonpayable
    def withdraw(amount: uint256): nonpayable

interface IRegistry:
    def contracts(name_hash: bytes32) -> address: view
    def authorise_agent(
        agent: address,
        daily_limit: uint96,
        daily_sales_wh: uint64,
        min_price: uint32,
        max_price: uint32,
        expires: uint48,
        allowed: DynArray[address, 8],
    ): nonpayable
    def revoke_agent(agent: address): nonpayable

struct Signature:
    v: uint8
    r: bytes32
    s: bytes32

event KeySet:
    version: indexed(uint256)
    members: DynArray[address, 16]
    shares: DynArray[uint256, 16]
    manager: address
    reserve: uint256

event Distributed:
    amount: uint256
    left: uint256

event Leaving:
    member: indexed(address)
    from_s: uint256

event Left:
    member: indexed(address)
    amount: uint256

NAME: constant(bytes32) = keccak256("Pool")
MARKET: constant(bytes32) = keccak256("Market")
MAX_PARTIES: constant(uint256) = 16
WHOLE: constant(uint256) = 10000
KEY_TYPE: constant(bytes32) = keccak256(
    "Key(uint256 version,address[] members,uint256[] shares,address manager,uint256 reserve)"
)

credit: public(immutable(address))
registry: public(immutable(address))
market: public(immutable(address))
notice_s: public(immutable(uint256))

version: public(uint256)
manager: public(address)
# Working balance that stays in the market's account, micro-units.
reserve: public(uint256)
total_shares: public(uint256)
parties: DynArray[address, 16]
shares: public(HashMap[address, uint256])
leaves_at_s: public(HashMap[address, uint256])


@deploy
def __init__(credit_: address, registry_: address, market_: address, notice_s_: uint256):
    credit = credit_
    registry = registry_
    market = market_
    notice_s = notice_s_


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice The EIP-712 domain of keys.
    """
    return signatures.domain(keccak256("Peerwatt Pool"))


@external
@view
def members() -> DynArray[address, 16]:
    """
    @notice Who shares in the pool now.
    """
    return self.parties


@external
@nonreentrant
def set_key(
    members_: DynArray[address, 16],
    shares_: DynArray[uint256, 16],
    manager_: address,
    reserve_: uint256,
    signed: DynArray[Signature, 32],
):
    """
    @notice Set members, shares (sum 10000), manager and working balance. Signed by each new member
            in the order of the list, then by each present member that the list leaves out. What
            was earned until now is split by the old key first.
    """
    guarded.check(registry, NAME)
    assert len(members_) != 0, "a pool has members"
    assert len(shares_) == len(members_), "as many shares as members"
    assert manager_ != empty(address), "the manager has no address"
    if self.total_shares != 0:
        self._distribute()
    before: DynArray[address, 16] = self.parties
    for party: address in before:
        self.shares[party] = 0
        self.leaves_at_s[party] = 0
    version: uint256 = self.version
    struct_hash: bytes32 = self._key_hash(version, members_, shares_, manager_, reserve_)
    domain: bytes32 = signatures.domain(keccak256("Peerwatt Pool"))
    count: uint256 = 0
    total: uint256 = 0
    for i: uint256 in range(len(members_), bound=MAX_PARTIES):
        assert shares_[i] != 0 and shares_[i] <= WHOLE, "share out of range"
        assert self.shares[members_[i]] == 0, "a member is named twice"
        self.shares[members_[i]] = shares_[i]
        total += shares_[i]
        self._signed_by(members_[i], domain, struct_hash, signed, count)
        count += 1
    assert total == WHOLE, "the shares do not sum to 10000"
    for party: address in before:
        if self.shares[party] == 0:
            self._signed_by(party, domain, struct_hash, signed, count)
            count += 1
    assert len(signed) == count, "more signatures than signers"
    self.version = version + 1
    self.parties = members_
    self.total_shares = WHOLE
    self.manager = manager_
    self.reserve = reserve_
    log KeySet(
        version=version, members=members_, shares=shares_, manager=manager_, reserve=reserve_
    )


@external
@nonreentrant
def contribute(amount: uint256):
    """
    @notice Add own credits (an allowance to this contract) to the pool's account in the market.
    """
    guarded.check(registry, NAME)
    assert self.shares[msg.sender] != 0, "not in the pool"
    assert extcall IERC20(credit).transferFrom(msg.sender, self, amount), "the payment failed"
    assert extcall IERC20(credit).approve(self._market(), amount), "the allowance failed"
    extcall IMarket(self._market()).deposit(amount)


@external
def authorise_agent(
    agent: address,
    daily_limit: uint96,
    daily_sales_wh: uint64,
    min_price: uint32,
    max_price: uint32,
    expires: uint48,
    allowed: DynArray[address, 8],
):
    """
    @notice Let an agent trade for the pool within limits. The manager only.
    """
    guarded.check(registry, NAME)
    assert msg.sender == self.manager, "only the manager"
    extcall IRegistry(registry).authorise_agent(
        agent, daily_limit, daily_sales_wh, min_price, max_price, expires, allowed
    )


@external
def revoke_agent(agent: address):
    """
    @notice End an agent's authority at once. The manager or any member of the pool.
    """
    assert msg.sender == self.manager or self.shares[msg.sender] != 0, "not in the pool"
    extcall IRegistry(registry).revoke_agent(agent)


@external
@nonreentrant
def distribute() -> uint256:
    """
    @notice Pay out, by the key, what the market's account holds above the working balance and
            what was paid here. Anyone; never paused.
    @return What was paid out, micro-units; the rest of the division stays for the next round.
    """
    assert self.total_shares != 0, "the pool has no key"
    return self._distribute()


@external
def leave():
    """
    @notice Give notice. The share counts until the notice is over.
    """
    assert self.shares[msg.sender] != 0, "not in the pool"
    assert self.leaves_at_s[msg.sender] == 0, "notice was given already"
    self.leaves_at_s[msg.sender] = block.timestamp + notice_s
    log Leaving(member=msg.sender, from_s=block.timestamp + notice_s)


@external
@nonreentrant
def depart(member: address) -> uint256:
    """
    @notice When a member's notice is over: split what was earned, pay it its part of the working
            balance and take it out of the key. Anyone; never paused.
    @return The part of the working balance, micro-units.
    """
    assert self.leaves_at_s[member] != 0, "no notice was given"
    assert block.timestamp >= self.leaves_at_s[member], "the notice is not over"
    self._distribute()
    share: uint256 = self.shares[member]
    total: uint256 = self.total_shares
    available: uint256 = self._available()
    part: uint256 = available * share // total
    self.shares[member] = 0
    self.leaves_at_s[member] = 0
    self.total_shares = total - share
    remaining: DynArray[address, 16] = []
    for party: address in self.parties:
        if party != member:
            remaining.append(party)
    self.parties = remaining
    if part != 0:
        extcall IMarket(self._market()).withdraw(part)
    if total == share:
        part = staticcall IERC20(credit).balanceOf(self)
    if part != 0:
        assert extcall IERC20(credit).transfer(member, part), "the payment failed"
    log Left(member=member, amount=part)
    return part


@internal
def _distribute() -> uint256:
    available: uint256 = self._available()
    if available > self.reserve:
        extcall IMarket(self._market()).withdraw(available - self.reserve)
    amount: uint256 = staticcall IERC20(credit).balanceOf(self)
    total: uint256 = self.total_shares
    paid: uint256 = 0
    for party: address in self.parties:
        part: uint256 = amount * self.shares[party] // total
        paid += part
        if part != 0:
            assert extcall IERC20(credit).transfer(party, part), "the payment failed"
    log Distributed(amount=paid, left=amount - paid)
    return paid


@internal
@view
def _available() -> uint256:
    available: uint256 = 0
    escrow: uint256 = 0
    flags: uint256 = 0
    available, escrow, flags = staticcall IMarket(self._market()).accounts(self)
    return available


@internal
@view
def _market() -> address:
    """
    @dev The market that counts now, by the registry; the one named at deployment where the
         registry knows none.
    """
    newest: address = staticcall IRegistry(registry).contracts(MARKET)
    return newest if newest != empty(address) else market


@internal
@pure
def _key_hash(
    version: uint256,
    members_: DynArray[address, 16],
    shares_: DynArray[uint256, 16],
    manager_: address,
    reserve_: uint256,
) -> bytes32:
    """
    @dev EIP-712: an array is the hash of its elements, a word each.
    """
    size: uint256 = 32 * len(members_)
    return keccak256(
        abi_encode(
            KEY_TYPE,
            version,
            keccak256(slice(abi_encode(members_), 64, size)),
            keccak256(slice(abi_encode(shares_), 64, size)),
            manager_,
            reserve_,
        )
    )


@internal
@pure
def _signed_by(
    party: address,
    domain: bytes32,
    struct_hash: bytes32,
    signed: DynArray[Signature, 32],
    index: uint256,
):
    assert index < len(signed), "a signature is missing"
    sig: Signature = signed[index]
    signer: address = signatures.signer(domain, struct_hash, sig.v, sig.r, sig.s)
    assert signer == party, "not signed by all members"
