# ruff: noqa: SIM905 (word lists read better as text)
"""Numbers, measures and times, each in several ways of writing."""

from __future__ import annotations

import random

__all__ = ["UNITS", "measure", "money", "number", "time"]

_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
""".split()
_TENS = """
    _ _ twenty thirty forty fifty sixty seventy eighty ninety
""".split()
_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
""".split()
_MONTHS = """
    January February March April May June July August September October November December
""".split()
_DAYS = """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
""".split()
_CLOCKS = [
    "half past @",
    "a quarter to @",
    "a quarter past @",
    "ten past @",
    "twenty to @",
    "@ o'clock",
    "five to @",
]
_COINS = "pounds dollars euros crowns shillings francs florins guineas".split()
UNITS = {
    "length": "metres|feet|kilometres|miles|centimetres|inches|m|yards|cm",
    "height": "metres|feet|m|ft|metres|feet|centimetres",
    "distance": "kilometres|miles|km|leagues|miles|kilometres|metres",
    "weight": "kilograms|tonnes|pounds|grams|tons|kg|ounces|stone",
    "area": "hectares|acres|square kilometres|square miles|square metres",
    "temperature": "degrees|degrees Celsius|°C|degrees below zero|degrees Fahrenheit",
    "duration": "years|months|weeks|days|hours|minutes|years|months|days|centuries|decades",
    "speed": "kilometres an hour|miles per hour|knots|metres per second|km/h|mph",
    "depth": "metres|fathoms|feet|m|kilometres",
}
"""The units that each kind of measure may be given in, `|` between them."""


def _spelled(number: int) -> str:
    """Write a number below 100 in words."""
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (f"-{_ONES[number % 10]}" if number % 10 else "")


def money(rng: random.Random) -> str:
    """Draw a sum of money."""
    amount = rng.choice([rng.randint(2, 99), 10 * rng.randint(10, 99), 500 * rng.randint(2, 99)])
    if rng.random() < 0.5:
        sign = rng.choice("£$€£$")
        return f"{sign}{rng.randint(2, 90)} million" if rng.random() < 0.25 else f"{sign}{amount:,}"
    return f"{amount:,} {rng.choice(_COINS)}"


def measure(kind: str, rng: random.Random) -> str:
    """Draw a number with a unit that fits the type."""
    unit = rng.choice(UNITS[kind].split("|"))
    if kind == "duration":
        number = rng.choice([rng.randint(2, 12), rng.randint(2, 60)])
        if rng.random() < 0.1:
            return f"{_spelled(rng.randint(2, 9))} and a half {unit}"
        in_words = rng.random() < (0.75 if number < 13 else 0.3)
        return f"{_spelled(number) if in_words else number} {unit}"
    low, high = {"temperature": (2, 45), "speed": (3, 300)}.get(kind, (2, 990))
    number = rng.randint(low, high)
    if number < 13 and rng.random() < 0.5:
        return f"{_spelled(number)} {unit}"
    if rng.random() < 0.25 and kind != "temperature":
        return f"{rng.randint(1, 19)}.{rng.randint(1, 9)} {unit}"
    if rng.random() < 0.12 and kind in {"weight", "area", "distance", "depth"}:
        return f"{rng.randint(1, 40)},{rng.randint(0, 9)}00 {unit}"
    return f"{number} {unit}"


def number(kind: str, rng: random.Random) -> str:
    """Draw a bare number of a type: small, count, big, percent, ordinal, score or age."""
    if kind == "small":
        return (_spelled if rng.random() < 0.75 else str)(rng.randint(2, 12))
    if kind == "count":
        drawn = rng.choice([rng.randint(13, 99), rng.randint(13, 999)])
        return _spelled(drawn) if drawn < 100 and rng.random() < 0.35 else str(drawn)
    if kind == "big":
        sizes = (rng.randint(12, 99) * 100, rng.randint(1200, 99000), rng.randint(10, 900) * 1000)
        return f"{rng.choice(sizes):,}"
    if kind == "percent":
        part = f".{rng.randint(1, 9)}" if rng.random() < 0.33 else ""
        return f"{rng.randint(2, 98)}{part}" + rng.choice([" per cent", "%", " percent", "%"])
    if kind == "ordinal":
        return rng.choice(_ORDINALS[: rng.choice([6, 12, 20])])
    if kind == "score":
        return f"{rng.randint(0, 9)}{rng.choice('--–')}{rng.randint(0, 5)}"
    drawn = rng.randint(5, 95)
    return _spelled(drawn) if rng.random() < 0.35 else str(drawn)


def time(kind: str, rng: random.Random) -> tuple[str, int]:
    """Draw a time of a type; also gives its year, 0 where it has none."""
    year = rng.choice([rng.randint(1750, 2022), rng.randint(1850, 2022), rng.randint(1100, 1800)])
    if kind == "year":
        return str(year), year
    if kind == "date":
        return _date(rng, year), year
    drawn = {
        "day_month": lambda: _date(rng, 0),
        "decade": lambda: f"{year // 10 * 10}s",
        "century": lambda: _century(rng),
        "clock": lambda: _clock(rng),
        "month": lambda: rng.choice(_MONTHS),
        "weekday": lambda: rng.choice(_DAYS),
        "season": lambda: rng.choice(["spring", "summer", "autumn", "winter"]),
    }[kind]()
    return drawn, 0


def _date(rng: random.Random, year: int) -> str:
    """Write a day of the year; without a year if it is 0."""
    day, month = rng.randint(1, 28), rng.choice(_MONTHS)
    if rng.random() < 0.7:
        return f"{day} {month} {year}" if year else f"{day} {month}"
    return f"{month} {day}, {year}" if year else f"{month} {day}"


def _century(rng: random.Random) -> str:
    number = rng.randint(9, 19)
    return f"{_ORDINALS[number - 1] if rng.random() < 0.7 else f'{number}th'} century"


def _clock(rng: random.Random) -> str:
    hour, minutes = rng.randint(1, 12), 5 * rng.randint(0, 11)
    if rng.random() < 0.35:
        half = rng.choice(["", "", " am", " pm"])
        return f"{hour}{rng.choice(':.:')}{minutes:02d}{half}"
    return rng.choice(_CLOCKS).replace("@", _ONES[hour])
