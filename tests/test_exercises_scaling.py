"""The checks of chapter 08: right answers pass, typical wrong ones get a line that helps."""

import hashlib
import json
import math
import re
from functools import partial

import numpy as np
import pytest
from verdict_checks import assert_right, says

from helpers.exercises import handout

# --- 08.1 ---------------------------------------------------------------------------------------


def test_shares_that_fit():
    given = handout("08.1")
    assert sum(given["processes"].values()) > given["cores"]  # whole ones do not fit
    assert_right("08.1", {"read": 0.25, "answer": 0.9, "write": 0.25})
    assert_right("08.1", {"read": 0.5, "answer": 0.875, "write": 0.5})


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({"read": 1, "answer": 1, "write": 1}, "ask for 20 of 16 cores: some never start"),
        ({"read": 0, "answer": 1, "write": 0}, "int 0 is no share.*with 0 it would start as many"),
        ({"read": 0.25, "answer": 1, "write": 0.25}, "ask for 17 of 16"),
        ({"read": 0.25, "answer": math.nan, "write": 0.25}, "float nan is no share"),
        ({"read": 0.25, "answer": -1, "write": 0.25}, "int -1 is no share"),
        ({"answer": 0.5}, "the stages are read, answer, write"),
        ([0.25, 0.5, 0.25], "a dictionary {stage: num_cpus} is wanted"),
        ({"read": "a", "answer": 0.5, "write": 0.1}, "num_cpus of read as a number is wanted"),
    ],
)
def test_wrong_shares(shares, told):
    assert re.search(told, says("08.1", shares))


# --- 08.2 ---------------------------------------------------------------------------------------


def key(settings, digest, start, stop):
    text = json.dumps([settings, digest, start, stop], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digits(text):
    return hashlib.sha256(str(text).encode()).hexdigest()[:16]


def in_another_function(settings):
    return f"{hash(str(settings)) & (2**64 - 1):016x}"


def test_a_key():
    assert_right("08.2", key)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda s, d, a, b: digits((s, d, a, b)), "in another order are the same settings"),
        (lambda s, d, a, b: digits((sorted(s.items()), d)), "another start gives the same name"),
        *[
            (
                lambda s, d, a, b, left=left: key(
                    {n: v for n, v in s.items() if n not in left}, d, a, b
                ),
                rf"another {told} gives the same name",
            )
            for left, told in [
                (("model",), "model"),
                (("seq",), "length"),
                (("model", "seq"), "model"),
                (("precision",), "precision"),
                (("chunk",), "size of chunk"),
            ]
        ],
        (lambda s, d, a, b: digits((sorted(s), d, a, b)), "another precision gives the same"),
        (lambda s, d, a, b: digits((sorted(s.items()), a, b)), "another shard gives the same"),
        (
            lambda s, d, a, b: digits(f"{sorted(s.items())}{d}{a}{b}"),
            "questions 1 to 234 in place of 12 to 34 gives the same name",
        ),
        (
            lambda s, d, a, b: digits(f"{sorted(s.items())} {d} {b}"),
            "another start gives the same name",
        ),
        (
            lambda s, d, a, b: digits(
                "-".join([d, str(a), str(b), *(f"{k}={s[k]}" for k in sorted(s))])
            ),
            "a setting as a text in place of a number gives the same",
        ),
        (lambda s, d, a, b: f"{hash(str(s)) & (2**64 - 1):016x}", r"hash\(\) of a text is another"),
        (lambda s, d, a, b: in_another_function(s), r"hash\(\) of a text is another"),
        (
            lambda s, d, a, b: digits((sorted(map(repr, s.values())), d, a, b)),
            "two settings with their values swapped gives the same name",
        ),
        (lambda s, d, a, b: "f" * 64, "16 hexadecimal digits are wanted"),
        (lambda s, d, a, b: 7, "a name as text is wanted"),
        (lambda s: s, "raises TypeError"),
        ("a1", "a function of settings, digest, start, stop is wanted"),
    ],
)
def test_wrong_keys(function, told):
    assert re.search(told, says("08.2", function))


# --- 08.3 ---------------------------------------------------------------------------------------


def rising(lengths):
    return sorted(range(len(lengths)), key=lengths.__getitem__)


def packed(lengths, most, *, order=rising):
    batches = []
    for one in order(lengths):
        longest = max([lengths[one], *(lengths[i] for i in batches[-1])]) if batches else 0
        if not batches or (len(batches[-1]) + 1) * longest > most:
            batches.append([])
        batches[-1].append(one)
    return batches


def test_batches_by_tokens():
    assert_right("08.3", packed)
    falling = partial(packed, order=lambda lengths: rising(lengths)[::-1])
    assert_right("08.3", falling)
    assert_right("08.3", lambda lengths, most: [set(one) for one in packed(lengths, most)])
    assert_right("08.3", lambda lengths, most: [np.array(one) for one in packed(lengths, most)])


def by_number(lengths, most):
    return [rising(lengths)[at : at + 8] for at in range(0, len(lengths), 8)]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            lambda lengths, most: packed(lengths, most, order=lambda given: range(len(given))),
            "tokens are run, and .* are enough; who stands beside whom",
        ),
        (by_number, "padding counted, is too large"),
        (lambda lengths, most: [[one] for one in range(len(lengths))], "more windows fit into one"),
        (lambda lengths, most: packed(lengths, most)[1:], "window 0 is in no batch"),
        (lambda lengths, most: [*packed(lengths, most), [0]], "a window is in two batches"),
        (lambda lengths, most: [[len(lengths)]], "there is no window 1"),
        (lambda lengths, most: [sorted(lengths)], "there is no window 5"),
        (lambda lengths, most: [[]], "a batch is empty"),
        (lambda lengths, most: [["a"]], "a window's number is wanted"),
        (lambda lengths, most: 3, "a list of batches is wanted"),
        (lambda lengths, most: [range(10**12)], "in this are over 1,000 things"),
        (lambda lengths: [], "raises TypeError"),
    ],
)
def test_wrong_batches(function, told):
    assert re.search(told, says("08.3", function))


# --- 08.4 ---------------------------------------------------------------------------------------


def machines(serial, parallel, within):
    return math.ceil(parallel / (within - serial)) if within > serial else None


def test_machines():
    assert_right("08.4", machines)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda s, p, w: math.ceil((s + p) / w), "machines take .* s"),
        (lambda s, p, w: max(1, round(p / (w - s))) if w > s else None, "6: 6 machines take 1.542"),
        (lambda s, p, w: math.ceil(p / (w - s)), "raises ZeroDivisionError"),
        (lambda s, p, w: math.ceil(p / (w - s or 1)), "no number of machines shortens the serial"),
        (lambda s, p, w: math.floor(p / (w - s)) + 1 if w > s else None, "one less is just enough"),
        (lambda s, p, w: (machines(s, p, w) or 0) + 0.0, "a whole number is wanted"),
        (lambda s, p, w: machines(s, p, w) or 10**9, "no number of machines shortens the serial"),
        (lambda s: s, "raises TypeError"),
        (7, "a function of three times is wanted"),
    ],
)
def test_wrong_machines(function, told):
    assert re.search(told, says("08.4", function))
