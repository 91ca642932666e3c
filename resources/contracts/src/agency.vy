# pragma version 0.4.3
"""
@title agency
@license Apache-2.0
@notice Keys that act for members within limits that their owners set.
@dev Packed words (bit ranges, low end included, high end not):
     authority  [0,160) owner, [160,192) lowest price, [192,224) highest, [224,232) scope,
                232 PAUSED, 233 ACTIVE
     limits     [0,64) money a day, [64,100) Wh sold a day, [100,140) expiry, and of the UTC day
                in [240,256): [140,204) money spent, [204,240) Wh offered for sale
"""

import offices
import households

uses: offices
uses: households

struct Agent:
    owner: address
    daily_limit: uint96
    daily_sales_wh: uint64
    min_price: uint32
    max_price: uint32
    expires: uint48
    scope: uint8
    active: bool
    paused: bool

event SpenderSet:
    spender: indexed(address)
    scope: uint256

event AgentAuthorised:
    agent: indexed(address)
    owner: indexed(address)
    daily_limit: uint96
    daily_sales_wh: uint64
    min_price: uint32
    max_price: uint32
    expires: uint48
    scope: uint8

event AgentPaused:
    agent: indexed(address)
    owner: indexed(address)
    paused: bool

event AgentRevoked:
    agent: indexed(address)
    owner: indexed(address)

SECONDS_PER_DAY: constant(uint256) = 86400
MAX_SPENDERS: constant(uint256) = 8
MASK_160: constant(uint256) = 2**160 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_60: constant(uint256) = 2**60 - 1
MASK_40: constant(uint256) = 2**40 - 1
MASK_36: constant(uint256) = 2**36 - 1
MASK_32: constant(uint256) = 2**32 - 1
PAUSED: constant(uint256) = 1 << 232
ACTIVE: constant(uint256) = 1 << 233
OWNER: constant(uint256) = MASK_160 | ACTIVE
LIMITS: constant(uint256) = 2**140 - 1

# What an agent's scope has to contain for a contract to act on its word: one bit, or none.
spenders: public(HashMap[address, uint256])
spender_count: public(uint256)
authority: public(HashMap[address, uint256])
limits: public(HashMap[address, uint256])


@external
def set_spender(spender: address, allowed: bool):
    """
    @notice Say which contracts agents may be allowed to use. Community only.
    @dev The bit that a contract got is never given to another, so no agent's scope widens.
    """
    offices._only_community()
    scope: uint256 = 0
    if allowed:
        assert self.spender_count < MAX_SPENDERS, "no more than 8 contracts"
        assert self.spenders[spender] == 0, "already a spender"
        scope = 1 << self.spender_count
        self.spender_count += 1
    self.spenders[spender] = scope
    log SpenderSet(spender=spender, scope=scope)


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
    @notice Let an agent key act for the calling member, or change its limits; ends a pause.
    @param daily_limit What it may add to escrows per UTC day, micro-units.
    @param daily_sales_wh What it may offer for sale per UTC day, Wh.
    @param min_price Lowest price it may write on an order, micro-units per kWh.
    @param max_price Highest price it may write on an order, micro-units per kWh.
    @param expires Unix second after which it may do nothing.
    @param allowed The only contracts it may use.
    """
    assert households.member_words[msg.sender] & households.ACTIVE != 0, "not a member"
    assert agent != empty(address), "the agent has no address"
    assert households.member_words[agent] == 0, "the agent is a member"
    known: uint256 = self.authority[agent]
    own: bool = known & ACTIVE == 0 or self._owner(known) == msg.sender
    assert own, "the agent serves another member"
    assert min_price <= max_price, "the price band is empty"
    limits: uint256 = self._limits(daily_limit, daily_sales_wh, expires)
    scope: uint256 = self._scope(allowed)
    self.authority[agent] = (
        convert(msg.sender, uint256) | (convert(min_price, uint256) << 160)
        | (convert(max_price, uint256) << 192) | (scope << 224) | ACTIVE
    )
    # What was used today stays used, also when a key comes back.
    used: uint256 = self.limits[agent] & ~LIMITS
    self.limits[agent] = used | limits
    log AgentAuthorised(
        agent=agent,
        owner=msg.sender,
        daily_limit=daily_limit,
        daily_sales_wh=daily_sales_wh,
        min_price=min_price,
        max_price=max_price,
        expires=expires,
        scope=convert(scope, uint8),
    )


@external
def pause_agent(agent: address, paused: bool):
    """
    @notice Stop an agent for a while, or let it go on within its limits. Its owner only.
    """
    known: uint256 = self.authority[agent]
    assert self._owner(known) == msg.sender, "not the agent's owner"
    assert known & ACTIVE != 0, "the agent is revoked"
    self.authority[agent] = (known & ~PAUSED) | (PAUSED if paused else 0)
    log AgentPaused(agent=agent, owner=msg.sender, paused=paused)


@external
def revoke_agent(agent: address):
    """
    @notice End an agent's authority at once. Its owner only.
    """
    known: uint256 = self.authority[agent]
    assert self._owner(known) == msg.sender, "not the agent's owner"
    self.authority[agent] = known & ~(ACTIVE | PAUSED)
    log AgentRevoked(agent=agent, owner=msg.sender)


@external
@view
def agents(agent: address) -> Agent:
    """
    @notice An agent with its limits; an unknown one has zeros.
    """
    known: uint256 = self.authority[agent]
    limits: uint256 = self.limits[agent]
    return Agent(
        owner=self._owner(known),
        daily_limit=convert(limits & MASK_64, uint96),
        daily_sales_wh=convert((limits >> 64) & MASK_36, uint64),
        min_price=convert((known >> 160) & MASK_32, uint32),
        max_price=convert((known >> 192) & MASK_32, uint32),
        expires=convert((limits >> 100) & MASK_40, uint48),
        scope=convert((known >> 224) & 255, uint8),
        active=known & ACTIVE != 0,
        paused=known & PAUSED != 0,
    )


@external
@view
def spent(agent: address, day: uint256) -> uint256:
    """
    @notice What an agent has spent on the last UTC day on which it acted, micro-units; 0 for any
            other day.
    """
    limits: uint256 = self.limits[agent]
    if limits >> 240 != day:
        return 0
    return (limits >> 140) & MASK_64


@external
def charge_agent(
    caller: address, amount: uint256, sales_wh: uint256, price_low: uint256, price_high: uint256
):
    """
    @notice Count what an agent does against its limits of today and hold its price band and its
            scope. A member itself has no limit. Contracts that the community named as spenders
            only.
    @param price_low Lowest price the agent wrote; above price_high when it wrote none.
    """
    scope: uint256 = self.spenders[msg.sender]
    assert scope != 0, "only a spender charges agents"
    known: uint256 = self.authority[caller]
    if known & ACTIVE == 0:
        households._active(caller)
        return
    assert amount <= MASK_64, "over the agent's daily limit"
    assert sales_wh <= MASK_36, "over the agent's daily sales"
    prices: uint256 = min(price_low, MASK_64) | (min(price_high, MASK_64) << 64)
    self._charge(caller, known, scope, amount | (sales_wh << 64) | (prices << 128))


@external
def charge_orders(caller: address, member: address, use: uint256) -> uint256:
    """
    @notice The same for orders that a caller places for a member: itself, which has no limit, or
            the one whose agent it is.
    @dev A spender may give its number, which saves reading it: an agent whose own transaction this
         is cannot be charged against its will. Otherwise only who is a spender is answered.
    @param use [0,64) amount, [64,124) Wh for sale, [124,128) number of the spender's bit from 1 on,
           0 where it is not known, [128,192) lowest price, [192,256) highest.
    @return The member's packed word, by which the market holds the band of its tariff.
    """
    if caller != member:
        known: uint256 = self.authority[caller]
        assert (known ^ ACTIVE) & OWNER == convert(member, uint256), "not the member's agent"
        number: uint256 = (use >> 124) & 15
        scope: uint256 = (1 << number) >> 1
        if tx.origin != caller or number == 0:
            scope = self.spenders[msg.sender]
            assert scope != 0, "only a spender charges agents"
        self._charge(caller, known, scope, use)
    word: uint256 = households.member_words[member]
    assert word & households.ACTIVE != 0, "not a member"
    return word


@internal
def _charge(agent: address, known: uint256, scope: uint256, use: uint256):
    limits: uint256 = self._valid(agent, known)
    assert (known >> 224) & scope != 0, "outside the agent's scope"
    low: uint256 = (use >> 128) & MASK_64
    high: uint256 = use >> 192
    if low <= high:
        assert low >= (known >> 160) & MASK_32, "price outside the agent's band"
        assert high <= (known >> 192) & MASK_32, "price outside the agent's band"
    spent: uint256 = use & MASK_64
    sold_wh: uint256 = (use >> 64) & MASK_60
    if spent | sold_wh == 0:
        return
    day: uint256 = block.timestamp // SECONDS_PER_DAY
    if limits >> 240 == day:
        spent = unsafe_add(spent, (limits >> 140) & MASK_64)
        sold_wh = unsafe_add(sold_wh, (limits >> 204) & MASK_36)
    assert spent <= limits & MASK_64, "over the agent's daily limit"
    assert sold_wh <= (limits >> 64) & MASK_36, "over the agent's daily sales"
    self.limits[agent] = (limits & LIMITS) | (spent << 140) | (sold_wh << 204) | (day << 240)


@internal
@view
def _limits(daily_limit: uint96, daily_sales_wh: uint64, expires: uint48) -> uint256:
    end: uint256 = convert(expires, uint256)
    assert end > block.timestamp, "the agent has expired"
    assert end <= MASK_40, "the expiry is too far"
    money: uint256 = convert(daily_limit, uint256)
    sales: uint256 = convert(daily_sales_wh, uint256)
    assert money <= MASK_64, "the daily limit is too large"
    assert sales <= MASK_36, "the daily sales are too large"
    return money | (sales << 64) | (end << 100)


@internal
@view
def _scope(allowed: DynArray[address, 8]) -> uint256:
    scope: uint256 = 0
    for spender: address in allowed:
        bit: uint256 = self.spenders[spender]
        assert bit != 0, "no contract of the community"
        scope |= bit
    return scope


@internal
@pure
def _owner(authority: uint256) -> address:
    return convert(authority & MASK_160, address)


@internal
@view
def _valid(agent: address, known: uint256) -> uint256:
    """
    @dev The agent's limits, once it is neither paused nor expired.
    """
    assert known & PAUSED == 0, "the agent is paused"
    limits: uint256 = self.limits[agent]
    assert block.timestamp <= (limits >> 100) & MASK_40, "the agent has expired"
    return limits
