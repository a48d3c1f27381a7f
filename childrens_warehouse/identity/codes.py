"""Short codes that people can read out, in the place of pseudonyms of 63 bits.

A code is the last 40 bits of the pseudonym in Crockford's letters (no I, L, O or U): the same on every page and in
every release under the same pseudonym key. Where two children of an authority share one (of 10,000, once in some
20,000 authorities), both have the whole pseudonym, which ends alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHORT, _WHOLE = 8, 13
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def codes(keys: Iterable[int]) -> Mapping[int, str]:
    """A code for each pseudonym, no two alike."""
    every = set(keys)
    shared = Counter(_write(key, _SHORT) for key in every)
    return {key: _write(key, _SHORT if shared[_write(key, _SHORT)] == 1 else _WHOLE) for key in every}


def spellings(key: int) -> tuple[str, str]:
    """The code of a pseudonym, and what it is called where two share that."""
    return _write(key, _SHORT), _write(key, _WHOLE)


def matches(code: str) -> tuple[int, int]:
    """(modulus, rest): a pseudonym has the code if it leaves that rest. Raises ValueError for what is no code."""
    letters = code.upper().translate(_READ_AS)
    if len(letters) not in (_SHORT, _WHOLE) or not set(letters) <= set(_LETTERS):
        raise ValueError(f"{code!r} is no code like 7K2Q-9XBM")
    rest = 0
    for letter in letters:
        rest = rest * 32 + _LETTERS.index(letter)
    return 32 ** len(letters), rest


def _write(key: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        key, place = divmod(key, 32)
        letters = _LETTERS[place] + letters
    return "-".join(letters[max(0, end - 4) : end] for end in range(length, 0, -4)[::-1])
