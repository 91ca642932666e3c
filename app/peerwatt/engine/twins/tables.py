"""The twins' Mealy tables: what each device can be, what can be said of it, and what follows.

Inputs are finite symbols that :mod:`.symbols` derives from readings and setpoints; outputs are
words for log and owner. Every table is total (a test checks it) and prints with ``rows()``.
"""

from __future__ import annotations

from peerwatt.model.mealy import MealyMachine, table_from

LOST = "lost"
FAULT = "fault"
QUIET = "-"
"""Output of a step on which nothing is to be said."""


def _machine(
    name: str,
    states: tuple[str, ...],
    inputs: tuple[str, ...],
    *,
    delta: dict[str, str],
    special: dict[tuple[str, str], tuple[str, str]],
    entering: dict[str, str],
) -> MealyMachine:  # fmt: skip
    """Build a table from "input leads to state" with exceptions; S0 is the first state.

    ``special`` holds the exceptions whole; elsewhere the output names a state newly entered.
    """

    def next_state(state: str, symbol: str) -> str:
        """Return where an exception leads, else where the symbol leads from every state."""
        return special[state, symbol][0] if (state, symbol) in special else delta[symbol]

    def output(state: str, symbol: str) -> str:
        """Return the exception's words, else those for entering the next state."""
        if (state, symbol) in special:
            return special[state, symbol][1]
        after = delta[symbol]
        if after == state:
            return QUIET
        if state == "away":
            return f"regained, {entering[after]}"
        return entering[after]

    return MealyMachine(name, states, states[0], inputs, table_from(
        states, inputs, next_state, output
    ))  # fmt: skip


METER = _machine(
    "meter",
    ("unknown", "importing", "exporting", "balanced", "away"),
    ("import", "export", "balance", LOST),
    delta={"import": "importing", "export": "exporting", "balance": "balanced", LOST: "away"},
    special={},
    entering={
        "importing": "draws from the grid",
        "exporting": "feeds into the grid",
        "balanced": "in balance",
        "away": "lost",
    },
)

INVERTER = _machine(
    "inverter",
    ("unknown", "dark", "producing", "limited", "fault", "away"),
    ("dark", "sun", "limited", FAULT, LOST),
    delta={"dark": "dark", "sun": "producing", "limited": "limited", FAULT: "fault", LOST: "away"},
    special={
        ("dark", "sun"): ("producing", "woke up"),
        ("producing", "dark"): ("dark", "went to sleep"),
        ("limited", "sun"): ("producing", "limit lifted"),
    },
    entering={
        "dark": "no sun",
        "producing": "produces",
        "limited": "output limited",
        "fault": "reports a fault",
        "away": "lost",
    },
)

BATTERY = _machine(
    "battery",
    ("unknown", "idle", "charging", "discharging", "obeying", "answering", "refusing", "away"),
    (
        "free-idle", "free-charge", "free-discharge",
        "asked-met", "asked-unmet", "asked-late", LOST,
    ),
    delta={
        "free-idle": "idle",
        "free-charge": "charging",
        "free-discharge": "discharging",
        "asked-met": "obeying",
        "asked-unmet": "answering",
        "asked-late": "refusing",
        LOST: "away",
    },
    special={
        # Between the command and the battery's ramp it is given time; once it has followed, a
        # short deviation (a full or empty cell block) is no refusal until it lasts.
        ("obeying", "asked-unmet"): ("answering", "adjusts"),
        ("answering", "asked-met"): ("obeying", "follows the command"),
        ("answering", "asked-late"): ("refusing", "does not follow the command"),
        ("refusing", "asked-met"): ("obeying", "follows the command again"),
        ("refusing", "asked-unmet"): ("answering", "was given a new command"),
    },
    entering={
        "idle": "rests by itself",
        "charging": "charges by itself",
        "discharging": "discharges by itself",
        "obeying": "follows the command",
        "answering": "was given a command",
        "refusing": "does not follow the command",
        "away": "lost",
    },
)  # fmt: skip

CHARGER = _machine(
    "charger",
    (
        "unknown", "free", "connected", "charging", "held", "full", "ending", "out of order",
        "over limit", "away",
    ),
    (
        "no-car", "car", "charging", "held", "car-pauses", "ending", "over-limit", FAULT, LOST,
    ),
    delta={
        "no-car": "free",
        "car": "connected",
        "charging": "charging",
        "held": "held",
        "car-pauses": "full",
        "ending": "ending",
        "over-limit": "over limit",
        FAULT: "out of order",
        LOST: "away",
    },
    special={
        ("free", "car"): ("connected", "a car has come"),
        ("free", "charging"): ("charging", "a car has come and charges"),
        ("connected", "no-car"): ("free", "the car has left"),
        ("held", "no-car"): ("free", "the car has left"),
        ("full", "no-car"): ("free", "the car has left"),
        ("ending", "no-car"): ("free", "the car has left"),
        ("charging", "no-car"): ("free", "the car has left while charging"),
        ("held", "charging"): ("charging", "goes on charging"),
        ("charging", LOST): ("away", "lost while charging"),
    },
    entering={
        "free": "no car",
        "connected": "a car is connected",
        "charging": "charges",
        "held": "waits, as asked",
        "full": "the car takes nothing",
        "ending": "ends the transaction",
        "over limit": "draws more than allowed",
        "out of order": "reports a fault",
        "away": "lost",
    },
)  # fmt: skip

HOUSEHOLD = _machine(
    "household",
    ("unknown", "buying", "selling", "balanced", "keeping a promise", "blind"),
    ("import", "export", "balance", "event", LOST),
    delta={
        "import": "buying",
        "export": "selling",
        "balance": "balanced",
        "event": "keeping a promise",
        LOST: "blind",
    },
    special={
        ("keeping a promise", "import"): ("buying", "the promise has ended"),
        ("keeping a promise", "export"): ("selling", "the promise has ended"),
        ("keeping a promise", "balance"): ("balanced", "the promise has ended"),
        ("blind", "import"): ("buying", "sees again"),
        ("blind", "export"): ("selling", "sees again"),
        ("blind", "balance"): ("balanced", "sees again"),
    },
    entering={
        "buying": "draws from the grid",
        "selling": "feeds into the grid",
        "balanced": "lives on its own",
        "keeping a promise": "keeps a promise to the grid operator",
        "blind": "has no meter reading",
    },
)

MACHINES: tuple[MealyMachine, ...] = (METER, INVERTER, BATTERY, CHARGER, HOUSEHOLD)
"""All tables, for printing and checking."""
