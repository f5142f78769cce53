"""The sky over the price sources: prices that walk, and by seed what goes wrong, where, and for how long."""

import random
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tests.double import Double, Mischief

SOURCES = ("dexscreener", "geckoterminal", "coinbase", "kraken", "alchemy", "coingecko", "defillama", "chainlink")
NODES = ("rpc", "rpc/8453")
PLACES = (*SOURCES, *NODES, "kyberswap", "velora")
# Who answers for whom, as the desk counts who is independent.
GROUPS = {"dexscreener": "dex", "geckoterminal": "dex", "coingecko": "coingecko", "defillama": "coingecko"}
GROUPS |= dict.fromkeys(NODES, "chainlink")
# Within the tolerance, beyond it, and beyond what can be a price at all.
SKEWS = ("0.98", "1.02", "0.9", "1.06", "1.5", "0.4", "4", "7", "0.1", "60")
LONGEST_MEMORY_S = 900.0
# Each five seconds, while a price goes one way: some 4 % in ten minutes.
_DRIFT = 0.00035
_ALONE, _SEVERAL, _ALIKE, _EACH_ITS_OWN, _SKEWED, _OUTAGE, _SEQUENCER = range(7)
_SHAPES = (*(_ALONE,) * 6, *(_SEVERAL,) * 5, *(_ALIKE,) * 5, *(_EACH_ITS_OWN,) * 4, *(_SKEWED,) * 4)
_SHAPES = (*_SHAPES, _OUTAGE, _SEQUENCER)


@dataclass(frozen=True, slots=True)
class Spell:
    """Something goes wrong at a place until a moment: a mischief, with all or with one asset, or a skew."""

    place: str
    kind: Mischief | str
    asset: str | None
    until: float

    @property
    def factor(self) -> Decimal:
        """What the place makes of a price: 1 where it does not lie."""
        if self.kind is Mischief.HUNDREDFOLD:
            return Decimal(100)
        return Decimal(self.kind) if self.kind in SKEWS else Decimal(1)


class Sky:
    """What goes wrong is the same for a seed, however prices go. `ended` is what ended last at each place, with the
    moment as its `until`; `seen` counts what went wrong. Moments are monotonic seconds."""

    def __init__(self, double: Double, seed: int, assets: Sequence[str]) -> None:
        self.double = double
        self.assets = tuple(assets)
        self.spells: dict[str, Spell] = {}
        self.ended: dict[str, Spell] = {}
        self.seen: Counter[str] = Counter()
        self.past: list[Spell] = []
        self.paths = {asset: deque[tuple[float, Decimal]]() for asset in assets}
        self._dice, self._ways = random.Random(seed), random.Random(seed + 1)
        self._bag: list[Mischief] = []
        self._opening = {asset: double.price(asset) for asset in assets}
        # They rise to begin with, so that a bot has something to buy.
        self._drifts = dict.fromkeys(assets, _DRIFT)
        self._next = 0.0
        self._away_until: float | None = None

    def afoot(self, source: str) -> set[Mischief]:
        """What goes wrong with a source now; a node's are also those of the feeds that are read through it."""
        places = (*NODES, "chainlink") if source == "rpc" else (source,)
        found = (self.spells[place].kind for place in places if place in self.spells)
        return {kind for kind in found if isinstance(kind, Mischief)}

    def turn(self, mono: float, *, calm: bool = False) -> None:
        """What is over ends; what is due begins, unless it is to be calm; prices go on."""
        for spell in [spell for spell in self.spells.values() if calm or spell.until <= mono]:
            self._end(spell, mono)
        if self._away_until is not None and (calm or self._away_until <= mono):
            self._away_until = None
            self.double.start()
            self.ended |= {place: Spell(place, "outage", None, mono) for place in PLACES if place not in self.spells}
        if calm:
            self.double.sequencer(8453, up=True)
        if not calm and self._next <= mono:
            lasting = self._storm(mono)
            self._next = mono + lasting + self._dice.choice((0, 20, 60, 90, 150, 240))
        if int(mono) % 5 == 0:
            self._walk(mono)

    def touches(self, source: str) -> bool:
        """Whether anything is wrong with a source, or with the node that it is read through."""
        places = (source, *NODES) if source == "chainlink" else (source,)
        return self._away_until is not None or any(place in self.spells for place in places)

    def range(self, asset: str, since: float) -> tuple[Decimal, Decimal]:
        """The lowest and the highest that the asset really was since a moment."""
        path = self.paths[asset]
        before = [price for at, price in path if at <= since][-1:]
        inside = [*before, *(price for at, price in path if at > since)]
        return min(inside), max(inside)

    def liars(self, asset: str, since: float) -> set[str]:
        """The groups of which a source made something else of the asset's price since then."""
        told = [*self.spells.values(), *(spell for spell in self.past if spell.until >= since)]
        lies = (spell for spell in told if spell.factor != 1 and spell.asset in (None, asset))
        return {GROUPS.get(spell.place, spell.place) for spell in lies if spell.place in (*SOURCES, *NODES)}

    # -- how

    def _storm(self, mono: float) -> float:
        """Something begins; for how many seconds it lasts at most."""
        dice = self._dice
        lasting, shape = dice.choice((5, 15, 30, 45, 60, 90, 150, 300)), dice.choice(_SHAPES)
        if shape == _OUTAGE:
            self.double.stop()
            self._away_until = mono + lasting
            self.seen["outage"] += 1
        elif shape == _SEQUENCER:
            self.double.sequencer(8453, up=dice.random() < 0.5)
            self.seen["sequencer"] += 1
        else:
            self._spread(shape, mono, lasting)
        return lasting

    def _spread(self, shape: int, mono: float, lasting: int) -> None:
        dice, free = self._dice, [place for place in PLACES if place not in self.spells]
        count = {_ALONE: 1, _SEVERAL: dice.randint(2, 6), _SKEWED: 1}.get(shape, len(free))
        alike = self._drawn()
        for place in dice.sample(free, min(count, len(free))):
            asset = dice.choice(self.assets) if dice.random() < 0.3 or shape == _SKEWED else None
            kind = alike if shape == _ALIKE else dice.choice(SKEWS) if shape == _SKEWED else self._drawn()
            until = mono + (lasting if dice.random() < 0.5 else dice.uniform(1, lasting))
            self._begin(Spell(place, kind, None if shape == _ALIKE else asset, until))

    def _drawn(self) -> Mischief:
        """A kind of mischief; none twice before all have been."""
        if not self._bag:
            self._bag = self._dice.sample(list(Mischief), len(Mischief))
        return self._bag.pop()

    def _begin(self, spell: Spell) -> None:
        self.spells[spell.place] = spell
        self.seen["skew" if spell.kind in SKEWS else spell.kind] += 1
        if isinstance(spell.kind, Mischief):
            self.double.misbehave(spell.place, spell.kind, spell.asset)
        else:
            self.double.skew(spell.place, spell.asset or "", spell.kind)

    def _end(self, spell: Spell, mono: float) -> None:
        del self.spells[spell.place]
        self.ended[spell.place] = replace(spell, until=mono)
        if isinstance(spell.kind, Mischief):
            self.double.behave(spell.place)
        else:
            self.double.skew(spell.place, spell.asset or "", 1)
        self.past = [one for one in self.past if one.until > mono - LONGEST_MEMORY_S]
        self.past.append(self.ended[spell.place])

    def _walk(self, mono: float) -> None:
        dice = self._ways
        for asset in self.assets:
            steady = asset == "usd-coin"
            if dice.random() < 0.005:
                far = float(self.double.price(asset) / self._opening[asset])
                self._drifts[asset] = (
                    dice.choice((-1, 0, 1)) * _DRIFT if 0.5 < far < 2 else _DRIFT * (1 - 2 * (far > 1))
                )
            step = dice.gauss(0, 0.00001) if steady else self._drifts[asset] + dice.gauss(0, 0.0003)
            price = round(self.double.price(asset) * Decimal(str(round(1 + step, 8))), 12)
            self.double.set_price(asset, price)
            path = self.paths[asset]
            path.append((mono, price))
            while path[0][0] < mono - LONGEST_MEMORY_S:
                path.popleft()
