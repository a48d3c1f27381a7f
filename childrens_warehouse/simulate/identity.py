"""Invented people: names, identifiers with true check digits, postcodes.

NHS numbers begin with 9, which is not issued to anybody; names are put together at random. Nearly all postcodes
exist; none of these people does.
"""

from __future__ import annotations

import random
from functools import cache

from childrens_warehouse import reference
from childrens_warehouse.simulate.postcodes import INWARD
from childrens_warehouse.simulate.scenario import pick

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"

ETHNICITIES = {
    "WBRI": 26,
    "WIRI": 2,
    "WIRT": 0.5,
    "WROM": 1,
    "WOTH": 11,
    "MWBC": 5,
    "MWBA": 2.5,
    "MWAS": 3,
    "MOTH": 4,
    "AIND": 13,
    "APKN": 5,
    "ABAN": 2,
    "CHNE": 1,
    "AOTH": 9,
    "BCRB": 5,
    "BAFR": 8,
    "BOTH": 3,
    "OOTH": 5,
    "REFU": 0.5,
    "NOBT": 1,
}
ETHNICITIES_UNACCOMPANIED = {"OOTH": 30, "BAFR": 30, "AOTH": 20, "WOTH": 12, "CHNE": 2, "NOBT": 2}

BOYS = (
    "Adam", "Aiden", "Ali", "Arjun", "Ben", "Callum", "Daniel", "David", "Dylan", "Elijah", "Ethan", "Finley",
    "Freddie", "George", "Harry", "Hassan", "Isaac", "Jack", "Jacob", "James", "Jayden", "Joseph", "Joshua", "Kai",
    "Leo", "Liam", "Logan", "Lucas", "Mason", "Mateo", "Michael", "Mohammed", "Nathan", "Noah", "Oliver", "Omar",
    "Oscar", "Reece", "Rohan", "Ryan", "Samuel", "Theo", "Thomas", "Tyler", "Yusuf", "Zachary",
)  # fmt: skip
GIRLS = (
    "Aaliyah", "Abigail", "Aisha", "Alice", "Amelia", "Amina", "Anaya", "Ava", "Bethany", "Charlotte", "Chloe",
    "Daisy", "Ella", "Emily", "Erin", "Eva", "Evie", "Fatima", "Freya", "Grace", "Hannah", "Holly", "Imogen",
    "Isla", "Jasmine", "Jessica", "Keira", "Layla", "Leah", "Lily", "Lucy", "Maisie", "Maya", "Mia", "Millie",
    "Nadia", "Olivia", "Phoebe", "Poppy", "Priya", "Rosie", "Ruby", "Sara", "Scarlett", "Sophie", "Zara",
)  # fmt: skip
SURNAMES = (
    "Abbott", "Adeyemi", "Ahmed", "Ali", "Amin", "Bailey", "Baker", "Begum", "Bennett", "Brown", "Campbell",
    "Carter", "Chowdhury", "Clarke", "Cohen", "Collins", "Costa", "Davies", "Dixon", "Edwards", "Ellis", "Evans",
    "Fernandes", "Foster", "Francis", "Gordon", "Graham", "Green", "Hall", "Harris", "Hassan", "Hill", "Hughes",
    "Hussain", "Ionescu", "Jackson", "James", "Johnson", "Jones", "Joshi", "Kaur", "Kelly", "Khan", "Kowalski",
    "Lewis", "Malik", "Marshall", "Mensah", "Mitchell", "Morgan", "Murphy", "Nowak", "Okafor", "Osman", "Owen",
    "Parker", "Patel", "Perera", "Phillips", "Popescu", "Price", "Rahman", "Reid", "Roberts", "Robinson", "Rogers",
    "Shah", "Sharma", "Silva", "Singh", "Smith", "Stewart", "Taylor", "Thomas", "Thompson", "Turner", "Walker",
    "Ward", "White", "Williams", "Wilson", "Wood", "Wright", "Young",
)  # fmt: skip

# Outward codes in and around the authority, and the far ones where some children are placed.
NEAR = ("HA1", "HA1", "HA2", "HA2", "HA3", "HA5", "HA7", "HA8")
AROUND = ("UB5", "UB6", "WD6", "WD19", "NW9", "NW7", "HA4", "HA6")
FAR = ("LU2", "MK6", "RG2", "CT9", "BN3", "NN1", "PE3", "B31", "SS1", "CO4", "LE3", "DN4")
# More than there are authorities, so that a new one, whose code is the highest, moves nobody's numbers.
_AUTHORITIES_IN_TURN = 200
# A prime; each place is two neighbouring numbers, of which at least one has a check digit.
_PLACES = 9_999_991
NHS_NUMBERS_EACH = 5 * _PLACES // _AUTHORITIES_IN_TURN
INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


def upn_check_letter(digits: str) -> str:
    """Letter for the twelve digits that follow it."""
    return UPN_LETTERS[sum(int(digit) * position for position, digit in enumerate(digits, start=2)) % 23]


def upn(authority: str, establishment: int, year: int, serial: int) -> str:
    """A unique pupil number: check letter, authority, establishment, year of entry, serial."""
    digits = f"{authority}{establishment:04d}{year % 100:02d}{serial:03d}"
    return upn_check_letter(digits) + digits


def local_id(authority: str, number: int) -> int:
    """An id below ten million made one of the authority's alone: what two systems call somebody never meets.

    Counted from Harrow's, so that its ids are as short as those of a single system.
    """
    return (int(authority) - 310) % 1_000 * 10_000_000 + number


def social_care_id(authority: str, number: int) -> str:
    """An id of its own for each `number` of an authority (below 8.9 million)."""
    return str(local_id(authority, 1_000_000 + number * 5_915_587 % 8_999_993))


def nhs_check_digit(nine: str) -> int:
    """Modulus 11 over the first nine digits; 10 means that no number may begin so."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return 0 if rest == 11 else rest


def nhs_number(authority: str, number: int) -> str:
    """A number of its own for each `number` of every English authority, below `NHS_NUMBERS_EACH`.

    They are dealt out in turn, so an authority that draws more (no other limit than ten million) may meet others.
    """
    lane, place = divmod(number * _AUTHORITIES_IN_TURN + _turns().get(authority, _AUTHORITIES_IN_TURN - 1), _PLACES)
    eight = 90_000_000 + place * 6_700_417 % _PLACES
    for last in (lane * 2 % 10, lane * 2 % 10 + 1):
        nine = f"{eight}{last}"
        check = nhs_check_digit(nine)
        if check < 10:
            return f"{nine}{check}"
    raise AssertionError("of two neighbouring numbers at least one has a check digit")


@cache
def _turns() -> dict[str, int]:
    return {code: turn for turn, code in enumerate(sorted(reference.english_authorities()))}


def forename(rng: random.Random, sex: str) -> str:
    return rng.choice(BOYS if sex == "M" else GIRLS)


def surname(rng: random.Random) -> str:
    return rng.choice(SURNAMES)


def ethnicity(rng: random.Random, unaccompanied: bool = False) -> str:
    return pick(rng, ETHNICITIES_UNACCOMPANIED if unaccompanied else ETHNICITIES)


def postcode(rng: random.Random, outward: tuple[str, ...] = NEAR) -> str:
    """One that exists in one of the outward codes; one in fifty is put together at random, and may be nobody's."""
    where, digit = rng.choice(outward), rng.randrange(1, 10)
    letters = rng.choice(INWARD_LETTERS) + rng.choice(INWARD_LETTERS)
    number = digit * 400 + INWARD_LETTERS.index(letters[0]) * 20 + INWARD_LETTERS.index(letters[1])
    if number % 50 == 0:
        return f"{where} {digit}{letters}"
    existing = INWARD[where]
    start = number % (len(existing) // 3) * 3
    return f"{where} {existing[start : start + 3]}"
