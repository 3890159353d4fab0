"""The register of structures: each a function that draws one sentence, and how many sentences it is to
give.
"""

from collections.abc import Callable
from typing import NamedTuple

from rnnlib.data.phrasebook.build import Draw
from rnnlib.data.phrasebook.words import Both

Maker = Callable[[Draw], Both]


class Structure(NamedTuple):
    """A kind of sentence: its name, what draws one, and how many it is asked for."""

    name: str
    make: Maker
    size: int


STRUCTURES: dict[str, Structure] = {}


def structure(size: int) -> Callable[[Maker], Maker]:
    """Enter a function into the register under its own name."""

    def enter(make: Maker) -> Maker:
        STRUCTURES[make.__name__] = Structure(make.__name__, make, size)
        return make

    return enter
