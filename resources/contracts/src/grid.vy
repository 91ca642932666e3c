# pragma version 0.4.3
"""
@title grid
@license Apache-2.0
@notice The market's books: which zone reaches which, the terms of each book by interval, its
        charge for the use of the grid and the limits that the grid's operator sets.
"""

import words

interface IRegistry:
    def community() -> address: view
    def roles(account: address) -> uint256: view

event BookSet:
    book: indexed(uint256)
    parent: uint256
    charge: uint256

event TermsProposed:
    book: indexed(uint256)
    terms: uint256
    from_interval: uint256

event LimitSet:
    book: indexed(uint256)
    interval: indexed(uint256)
    wh: uint256

event PauseSet:
    guardian: indexed(address)
    paused: bool

registry: public(immutable(address))
# How long before they take effect changes of the terms are known, seconds.
notice_s: public(immutable(uint256))

# Book 0 takes no orders: its terms are those of a new book.
books: public(HashMap[uint256, uint256])
book_count: public(uint256)
book_at: HashMap[uint256, uint256]
# A book's word before its terms of an interval came: for positions older than those.
former_books: HashMap[uint256, HashMap[uint256, uint256]]
limits: HashMap[uint256, HashMap[uint256, uint256]]


@deploy
def __init__(
    registry_: address,
    base_: uint256,
    step_: uint256,
    count_: uint256,
    gate_closure_s_: uint256,
    notice_s_: uint256,
):
    words._need(notice_s_ <= 90 * 86400, "notice of more than 90 days")
    registry = registry_
    notice_s = notice_s_
    terms: uint256 = words._ladder_terms(base_, step_, count_, gate_closure_s_)
    self.books[0] = terms | (terms << 95) | (words.SINCE << 214)


@external
def set_book(book: uint256, parent: uint256, charge: uint256):
    """
    @notice Open the book of a zone, or of a part of the grid that holds zones. Community only.
    @param parent The book that orders may reach beyond this one; 0 for none. It never changes.
    @param charge Use of the grid that buyers pay on top of the price, micro-units per kWh.
    """
    self._only_community()
    words._need(1 <= book and book <= 254, "books are numbered from 1 to 254")
    words._need(self.books[book] == 0, "the book is there already")
    words._need(parent == 0 or self.books[parent] != 0, "unknown parent")
    words._need(charge < 2**24, "the charge is too large")
    number: uint256 = self.book_count
    words._need(number < words.MAX_BOOKS, "no more than 64 books")
    word: uint256 = self.books[0] & ~(words.CHARGE_TERMS | (words.CHARGE_TERMS << 95))
    charges: uint256 = (charge << 71) | (charge << 166)
    self.books[book] = word | charges | (parent << 238) | words.EXISTS
    self.book_at[number] = book
    self.book_count = number + 1
    log BookSet(book=book, parent=parent, charge=charge)


@external
def propose_params(
    base: uint256, step: uint256, count: uint256, gate_closure_s: uint256, from_interval: uint256
):
    """
    @notice Change ladder and gate closure of all books for intervals that take no orders yet, after
            the notice. Community only.
    """
    self._only_community()
    terms: uint256 = words._ladder_terms(base, step, count, gate_closure_s)
    self._propose(0, words.LADDER_TERMS, terms, from_interval)
    for i: uint256 in range(self.book_count, bound=words.MAX_BOOKS):
        self._propose(self.book_at[i], words.LADDER_TERMS, terms, from_interval)


@external
def propose_charge(book: uint256, charge: uint256, from_interval: uint256):
    """
    @notice Change a book's charge for intervals that take no orders yet, after the notice.
            Community only.
    """
    self._only_community()
    words._need(self.books[book] & words.EXISTS != 0, "unknown book")
    words._need(charge < 2**24, "the charge is too large")
    self._propose(book, words.CHARGE_TERMS, charge << 71, from_interval)


@external
def set_limit(book: uint256, interval: uint256, wh: uint256):
    """
    @notice Cap what may be traded in a book and interval, before its gate closes. DSO only.
    """
    words._need(self._has_role(words.DSO), "only the grid operator")
    word: uint256 = self.books[book]
    words._need(word & words.EXISTS != 0, "unknown book")
    words._need(wh <= words.MASK_40, "the limit is too large")
    self._check_open(words._terms(word, interval), interval)
    lane: uint256 = (interval & 3) << 6
    known: uint256 = self.limits[book][interval >> 2]
    known = known & ~(words.MASK_64 << lane)
    self.limits[book][interval >> 2] = known | ((words.LIMIT_SET | wh) << lane)
    log LimitSet(book=book, interval=interval, wh=wh)


@external
def set_paused(paused: bool):
    """
    @notice Stop new orders and clearings, or let them go on. Withdrawals, releases and taking
            orders back are never stopped. Guardians only.
    """
    words._need(self._has_role(words.GUARDIAN), "only a guardian")
    flag: uint256 = 0
    if paused:
        flag = words.PAUSED
    self.books[0] = (self.books[0] & ~words.PAUSED) | flag
    for i: uint256 in range(self.book_count, bound=words.MAX_BOOKS):
        book: uint256 = self.book_at[i]
        self.books[book] = (self.books[book] & ~words.PAUSED) | flag
    log PauseSet(guardian=msg.sender, paused=paused)


@external
@view
def charge_of(book: uint256, interval: uint256) -> uint256:
    """
    @notice A book's charge for the use of the grid in an interval, micro-units per kWh.
    """
    return (self._terms_then(book, self.books[book], interval) >> 71) & words.SINCE


@external
@view
def common_book(zone: uint256, other: uint256) -> uint256:
    """
    @notice The smallest book that holds both zones; 0 where there is none.
    """
    mine: uint256 = zone
    for _: uint256 in range(16):
        theirs: uint256 = other
        for _other: uint256 in range(16):
            if theirs == 0 or theirs == mine:
                break
            theirs = (self.books[theirs] >> 238) & 255
        if theirs == mine:
            return mine
        mine = (self.books[mine] >> 238) & 255
    return 0


@internal
@view
def _community() -> address:
    return staticcall IRegistry(registry).community()


@internal
@view
def _only_community():
    words._need(msg.sender == self._community(), "only the community")


@internal
@view
def _has_role(role: uint256) -> bool:
    return (staticcall IRegistry(registry).roles(msg.sender)) & role != 0


@internal
def _propose(book: uint256, mask: uint256, bits: uint256, from_interval: uint256):
    """
    @dev Change the bits of `mask` in a book's next terms.
    """
    now: uint256 = block.timestamp // words.INTERVAL_S
    words._need(
        now + words.MAX_AHEAD < from_interval, "terms change only for intervals without orders"
    )
    words._need(
        block.timestamp + notice_s <= from_interval * words.INTERVAL_S, "shorter than the notice"
    )
    words._need(from_interval < words.SINCE, "no such interval")
    word: uint256 = self._arrived(book, now)
    words._need(word & words.RETIRED == 0, "the market is retired")
    since: uint256 = (word >> 214) & words.SINCE
    words._need(since == words.SINCE or since == from_interval, "another change comes first")
    later: uint256 = (((word >> 95) & words.TERMS) & ~mask) | bits
    word = word & ~((words.TERMS << 95) | (words.SINCE << 214))
    self.books[book] = word | (later << 95) | (from_interval << 214)
    log TermsProposed(book=book, terms=later, from_interval=from_interval)


@internal
def _retire_books(from_interval: uint256):
    """
    @dev From an interval on no book takes orders.
    """
    self._retire(0, from_interval)
    for i: uint256 in range(self.book_count, bound=words.MAX_BOOKS):
        self._retire(self.book_at[i], from_interval)


@internal
def _retire(book: uint256, from_interval: uint256):
    """
    @dev From an interval on the book takes no orders and clears without trade; orders that stand
         there already are worth their escrow under the terms of now.
    """
    now: uint256 = block.timestamp // words.INTERVAL_S
    word: uint256 = self._arrived(book, now)
    words._need(now < from_interval and from_interval < words.SINCE, "the interval has begun")
    since: uint256 = (word >> 214) & words.SINCE
    words._need(since == words.SINCE or now + words.MAX_AHEAD < since, "another change comes first")
    word = word & ~((words.TERMS << 95) | (words.SINCE << 214))
    self.books[book] = word | ((word & words.TERMS) << 95) | (from_interval << 214) | words.RETIRED


@internal
def _arrived(book: uint256, now: uint256) -> uint256:
    """
    @dev A book's word in which next terms whose interval has come are the terms; the word before
         is kept for positions of that time.
    """
    word: uint256 = self.books[book]
    since: uint256 = (word >> 214) & words.SINCE
    if since > now or word & words.RETIRED != 0:
        return word
    self.former_books[book][since] = word
    return (
        (word & ~(words.TERMS | (words.SINCE << 190))) | ((word >> 95) & words.TERMS)
        | (since << 190) | (words.SINCE << 214)
    )


@internal
@view
def _terms_then(book: uint256, word: uint256, interval: uint256) -> uint256:
    """
    @dev A book's terms in any interval.
    """
    then: uint256 = word
    for _: uint256 in range(1000):
        since: uint256 = (then >> 190) & words.SINCE
        if interval >= since:
            break
        then = self.former_books[book][since]
    return words._terms(then, interval)


@internal
@view
def _check_open(terms: uint256, interval: uint256):
    """
    @dev Intervals come in any size, so the bound is checked before anything is computed.
    """
    gate_s: uint256 = (terms >> 54) & words.GATE
    words._need(interval <= block.timestamp // words.INTERVAL_S + words.MAX_AHEAD, "too far ahead")
    words._need(block.timestamp + gate_s <= interval * words.INTERVAL_S, "after gate closure")


@internal
@view
def _reached(zone: uint256, reach: uint256) -> uint256:
    """
    @dev The book that a step of a member of this zone goes to.
    """
    book: uint256 = zone
    words._need(reach < 3, "malformed order")
    for _: uint256 in range(reach, bound=3):
        book = (self.books[book] >> 238) & 255
        words._need(book != 0, "the zone reaches no further")
    return book
