# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Registry
@license Apache-2.0
@notice Who takes part: members with zone, tariff and meter key, roles, and the agents that trade
        for members within limits that their owners set.
"""

struct Member:
    zone: uint8
    active: bool
    retail: uint32
    feed_in: uint32
    meter: address
    supplier: address

struct Agent:
    owner: address
    daily_limit: uint128
    min_price: uint32
    max_price: uint32
    expires: uint64
    active: bool

event MemberAdded:
    member: indexed(address)
    zone: uint8
    meter: address
    supplier: address

event TariffSet:
    member: indexed(address)
    retail: uint32
    feed_in: uint32

event MemberActive:
    member: indexed(address)
    active: bool

event MeterSet:
    member: indexed(address)
    meter: address

event RoleSet:
    account: indexed(address)
    mask: uint256

event SpenderSet:
    spender: indexed(address)
    allowed: bool

event ContractSet:
    name_hash: indexed(bytes32)
    account: address

event AgentAuthorised:
    agent: indexed(address)
    owner: indexed(address)
    daily_limit: uint128
    min_price: uint32
    max_price: uint32
    expires: uint64

event AgentRevoked:
    agent: indexed(address)
    owner: indexed(address)

DSO: public(constant(uint256)) = 1
SUPPLIER: public(constant(uint256)) = 2
METERING: public(constant(uint256)) = 4
GUARDIAN: public(constant(uint256)) = 8

SECONDS_PER_DAY: constant(uint256) = 86400

community: public(immutable(address))

members: public(HashMap[address, Member])
member_count: public(uint256)
member_at: public(HashMap[uint256, address])
roles: public(HashMap[address, uint256])
spenders: public(HashMap[address, bool])
contracts: public(HashMap[bytes32, address])
agents: public(HashMap[address, Agent])
spent: public(HashMap[address, HashMap[uint256, uint256]])


@deploy
def __init__(community_: address):
    assert community_ != empty(address), "the community has no address"
    community = community_


@external
def add_member(
    member: address, zone: uint8, retail: uint32, feed_in: uint32, meter: address, supplier: address
):
    """
    @notice Admit a household. Community only.
    @param retail What its supplier charges, micro-units per kWh.
    @param feed_in What its supplier pays, micro-units per kWh.
    @param meter Address of the key that signs its readings.
    """
    self._only_community()
    assert member != empty(address), "the member has no address"
    assert self.members[member].supplier == empty(address), "already a member"
    assert not self.agents[member].active, "the address is an agent"
    assert meter != empty(address), "the meter has no key"
    assert supplier != empty(address), "the supplier has no address"
    assert feed_in <= retail, "feed-in above retail"
    self.members[member] = Member(
        zone=zone, active=True, retail=retail, feed_in=feed_in, meter=meter, supplier=supplier
    )
    self.member_at[self.member_count] = member
    self.member_count += 1
    log MemberAdded(member=member, zone=zone, meter=meter, supplier=supplier)
    log TariffSet(member=member, retail=retail, feed_in=feed_in)


@external
def set_tariff(member: address, retail: uint32, feed_in: uint32):
    """
    @notice Change a member's supplier tariff. Community only.
    """
    self._only_community()
    self._known(member)
    assert feed_in <= retail, "feed-in above retail"
    self.members[member].retail = retail
    self.members[member].feed_in = feed_in
    log TariffSet(member=member, retail=retail, feed_in=feed_in)


@external
def set_active(member: address, active: bool):
    """
    @notice Suspend a member or take it back. Community only.
    """
    self._only_community()
    self._known(member)
    self.members[member].active = active
    log MemberActive(member=member, active=active)


@external
def set_meter(member: address, meter: address):
    """
    @notice Put another meter's key in place of a member's. Community only.
    """
    self._only_community()
    self._known(member)
    assert meter != empty(address), "the meter has no key"
    self.members[member].meter = meter
    log MeterSet(member=member, meter=meter)


@external
def set_role(account: address, mask: uint256):
    """
    @notice Set an account's roles (bits DSO 1, SUPPLIER 2, METERING 4, GUARDIAN 8). Community only.
    """
    self._only_community()
    self.roles[account] = mask
    log RoleSet(account=account, mask=mask)


@external
def set_spender(spender: address, allowed: bool):
    """
    @notice Say which contracts may charge agents' limits. Community only.
    """
    self._only_community()
    self.spenders[spender] = allowed
    log SpenderSet(spender=spender, allowed=allowed)


@external
def set_contract(name_hash: bytes32, account: address):
    """
    @notice Publish where a contract of the community lives. Community only.
    """
    self._only_community()
    self.contracts[name_hash] = account
    log ContractSet(name_hash=name_hash, account=account)


@external
def authorise_agent(
    agent: address, daily_limit: uint128, min_price: uint32, max_price: uint32, expires: uint64
):
    """
    @notice Let an agent key trade for the calling member, or change its limits.
    @param daily_limit What it may add to escrows per UTC day, micro-units.
    @param min_price Lowest price it may write on an order, micro-units per kWh.
    @param max_price Highest price it may write on an order, micro-units per kWh.
    @param expires Unix second after which it may do nothing.
    """
    assert self.members[msg.sender].active, "not a member"
    assert agent != empty(address), "the agent has no address"
    assert self.members[agent].supplier == empty(address), "the agent is a member"
    known: Agent = self.agents[agent]
    assert known.owner == msg.sender or not known.active, "the agent serves another member"
    assert min_price <= max_price, "the price band is empty"
    assert convert(expires, uint256) > block.timestamp, "the agent has expired"
    self.agents[agent] = Agent(
        owner=msg.sender,
        daily_limit=daily_limit,
        min_price=min_price,
        max_price=max_price,
        expires=expires,
        active=True,
    )
    log AgentAuthorised(
        agent=agent,
        owner=msg.sender,
        daily_limit=daily_limit,
        min_price=min_price,
        max_price=max_price,
        expires=expires,
    )


@external
def revoke_agent(agent: address):
    """
    @notice End an agent's authority at once. Its owner only.
    """
    assert self.agents[agent].owner == msg.sender, "not the agent's owner"
    self.agents[agent].active = False
    log AgentRevoked(agent=agent, owner=msg.sender)


@external
@view
def principal(caller: address) -> address:
    """
    @notice For whom a caller acts: itself as an active member, or its owner as a valid agent.
    """
    return self._principal(caller)


@external
@view
def trader(caller: address) -> (address, uint256, uint256, uint256):
    """
    @notice For whom a caller acts, with that member's zone, retail and feed-in price.
    """
    member: address = self._principal(caller)
    return (
        member,
        convert(self.members[member].zone, uint256),
        convert(self.members[member].retail, uint256),
        convert(self.members[member].feed_in, uint256),
    )


@external
def charge_agent(caller: address, amount: uint256, price_low: uint256, price_high: uint256):
    """
    @notice Count an amount against an agent's limit of today and hold its price band. A member
            itself has no limit. Contracts that the community named as spenders only.
    @param price_low Lowest price the agent wrote; above price_high when it wrote none.
    """
    assert self.spenders[msg.sender], "only a spender charges agents"
    if self.members[caller].active:
        return
    limits: Agent = self.agents[caller]
    assert limits.active, "not a member"
    assert block.timestamp <= convert(limits.expires, uint256), "the agent has expired"
    assert price_low >= convert(limits.min_price, uint256), "price outside the agent's band"
    assert price_high <= convert(limits.max_price, uint256), "price outside the agent's band"
    if amount == 0:
        return
    day: uint256 = block.timestamp // SECONDS_PER_DAY
    total: uint256 = self.spent[caller][day] + amount
    assert total <= convert(limits.daily_limit, uint256), "over the agent's daily limit"
    self.spent[caller][day] = total


@internal
@view
def _principal(caller: address) -> address:
    if self.members[caller].active:
        return caller
    owner: address = self.agents[caller].owner
    assert self.agents[caller].active and self.members[owner].active, "not a member"
    assert block.timestamp <= convert(self.agents[caller].expires, uint256), "the agent has expired"
    return owner


@internal
@view
def _only_community():
    assert msg.sender == community, "only the community"


@internal
@view
def _known(member: address):
    assert self.members[member].supplier != empty(address), "not a member"
