"""Check digits of the identifiers that carry one, and the values that stand for "not known"."""

from __future__ import annotations

from childrens_warehouse.datasets import Identifier
from childrens_warehouse.reference import code_list

# No I, O or S: they are too like 1, 0 and 5.
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"

MARKS = {Identifier.UPN: "UPN-CHECK-LETTER", Identifier.NHS_NUMBER: "NHS-CHECK-DIGIT"}


def normalise(domain: Identifier | str, text: str) -> str:
    """The form two spellings of one identifier share."""
    compact = "".join(text.split()).upper()
    return compact.replace("-", "") if domain == Identifier.NHS_NUMBER else compact


def stands_for_unknown(domain: Identifier | str, value: str) -> bool:
    """UN1 to UN7 say why a UPN is not known: they identify nobody."""
    return domain == Identifier.UPN and value in {code.code for code in code_list("UPN_UNKNOWN")}


def is_valid(domain: Identifier | str, value: str) -> bool:
    """Does the check digit hold? Domains without one are always valid."""
    if domain == Identifier.UPN:
        return _upn_is_valid(value)
    if domain == Identifier.NHS_NUMBER:
        return _nhs_number_is_valid(value)
    return True


def upn_check_letter(rest: str) -> str:
    """The letter that belongs before the twelve characters `rest`.

    Worked example: 310270113001 weighs 3*2 + 1*3 + 0*4 + ... + 1*13; that sum modulo 23 picks the letter.
    """
    total = 0
    for weight, character in enumerate(rest, start=2):
        # The last character of a temporary UPN is a letter; it weighs as its place in the alphabet used here.
        digit = int(character) if character.isdigit() else _UPN_LETTERS.index(character)
        total += digit * weight
    return _UPN_LETTERS[total % 23]


def _upn_is_valid(value: str) -> bool:
    if len(value) != 13 or value[0] not in _UPN_LETTERS or not value[1:12].isdigit():
        return False
    if not (value[12].isdigit() or value[12] in _UPN_LETTERS):
        return False
    return value[0] == upn_check_letter(value[1:])


def _nhs_number_is_valid(value: str) -> bool:
    """Modulus 11; 0000000000 passes the sum and is nobody's, so it is named."""
    if len(value) != 10 or not value.isdigit() or value == "0000000000":
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(value[:9], range(10, 1, -1), strict=True)) % 11
    return check != 10 and int(value[9]) == check % 11
