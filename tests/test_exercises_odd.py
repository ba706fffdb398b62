"""Odd answers to the checks: huge, endless, costly, of another library. None raises or hangs."""

import io
import math
import re
import sys
import threading
import time
import tracemalloc
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from verdict_checks import assert_right, says

from helpers.exercises import EXERCISES, check, handout, judging
from helpers.exercises.verdicts import NotYet, listed, number, pair_of, scalar, shown, whole

NUMBERS = [f"{name}.{one}" for name, count in EXERCISES.items() for one in range(1, count + 1)]
parse = onnx.parser.parse_model
HEAD = '<ir_version: 8, opset_import: ["" : 17]>'


class Hostile:
    """Its text cannot be had."""

    def __repr__(self):
        raise RuntimeError("no")


def leaving(*_):
    sys.exit("no")


HUGE = 10**400, -(10**400), 10**5000  # too large for a float; too long for Python to write
HUGE_PARTS = [
    thing
    for huge in HUGE
    for thing in (
        huge, (huge, huge), [huge], (1, huge), {"Attention": huge},
        dict.fromkeys(("read", "answer", "write"), huge), *map(
            lambda given: lambda *_: given, (huge, [huge], [[huge]], [0, huge], (huge, huge))
        ),
    )
]  # fmt: skip
JUNK = [
    0, 1.5, True, "", "x", "nowhere.onnx", "a\0b", "a" * 5000, b"", b"\xff" * 9, [], {}, (), (1,),
    (-1, -1), ("a", "b"), (10**30, 1), set(), object(), Hostile(), int, lambda: 0, print,
    lambda *_: Hostile(), np.zeros(0), np.nan, np.array(["a"]), torch.zeros(2, 2),
    Path("nowhere.onnx"), Path("."), Path(__file__), onnx.ModelProto(), onnx.GraphProto(),
    parse(HEAD + " g (float[n] x) => (float[n] y) { y = Neg(x) }"),
    torch.ones(3, dtype=torch.bfloat16), torch.ones(3, device="meta"), io.StringIO("a"), leaving,
    range(10**12), lambda *_: range(10**12), lambda *_: [range(10**12)], lambda *_: math.inf,
    lambda *_: torch.ones(3, device="meta"), onnx.ModelProto, np.array(1), np.array(True),
    *HUGE_PARTS,
]  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_a_thing_of_a_wrong_type_or_of_no_use_is_told_and_never_raises(name, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    for junk in JUNK:
        assert "the check cannot use" not in says(name, junk)  # the check itself knew what to say


def test_what_no_check_thought_of_is_told_too(monkeypatch):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    module = import_module("helpers.exercises.chapter_01")
    for error, told in ((ZeroDivisionError("a\nb"), r"ZeroDivisionError \(a\)"), (Mute(), "Mute")):
        monkeypatch.setitem(module.CHECKS, "01.1", raising(error))
        assert re.fullmatch(rf"the check cannot use this answer, int 3: {told}", says("01.1", 3))


def raising(error):
    def check_that_raises(_):
        raise error

    return check_that_raises


# --- endless ------------------------------------------------------------------------------------


@pytest.fixture
def endless():
    """A loop without a number of rounds, whose condition stays true."""
    body = "b (int64 i, bool go, float[m] c) => (bool on, float[m] d) "
    body += "{ on = Identity(go) d = Add(c, c) }"
    return parse(
        f"{HEAD} g (float[m] x, int64 n) => (float[m] y) {{ yes = Constant <value = bool {{1}}> () "
        f"y = Loop <body = {body}> (, yes, x) }}"
    )


def threads_end(before):
    """Whether no more threads live than before, soon."""
    until = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.05)
    return threading.active_count() <= before


def test_a_model_that_does_not_end_is_ended(endless, monkeypatch):
    monkeypatch.setattr(judging, "_LONGEST_S", 0.5)
    before = threading.active_count()
    told = says("03.3", endless)
    assert re.search(r"inputs of x \[3\], n \[\] the model did not end; after \d.* it was", told)
    assert threads_end(before)


def test_ctrl_c_ends_a_model_that_does_not_end(endless, monkeypatch):
    monkeypatch.setattr(judging, "_LONGEST_S", 60)
    monkeypatch.setattr(judging, "Event", Stopped)
    before, start = threading.active_count(), time.monotonic()
    assert re.search(r"the model did not end; after .* s you stopped it", says("03.3", endless))
    assert time.monotonic() - start < 50
    assert threads_end(before)


class Stopped(threading.Event):
    """What Ctrl-C raises comes a moment after it begins to wait for the first time.

    It is raised here and not by a signal, which now and then ended the worker of pytest-xdist.
    """

    began = False

    def wait(self, timeout=None):
        if self.began:
            return super().wait(timeout)
        self.began = True
        super().wait(0.5)
        raise KeyboardInterrupt


# --- costly -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: b"\0" * 30_000_000, r"bytes b'[\\x0]+\.\.\."),
        (lambda: bytearray(30_000_000), r"bytearray b'[\\x0]+\.\.\."),
        (lambda: "a" * 30_000_000, r"str 'a+\.\.\.a+'"),
        (lambda: ["b" * 30_000_000, b"c" * 30_000_000], r"list \['b+\.\.\..*"),
        (lambda: list(range(3_000_000)), r"list \[0, 1, 2, 3.*\.\.\."),
    ],
)
def test_a_large_thing_is_shown_without_being_written_out(made, told):
    thing = made()
    tracemalloc.start()
    try:
        text = shown(thing)
        assert tracemalloc.get_traced_memory()[1] < 100_000
        says("00.1", thing)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert re.fullmatch(told, text) and len(text) < 80


def test_a_model_is_shown_by_its_size():
    model = handout("01.4")
    assert shown(model) == f"ModelProto of {model.ByteSize()} bytes"
    assert shown(10**5000) == "int of some 5000 digits"
    assert shown(onnx.ModelProto).startswith("MessageMeta <class 'onnx.")


# --- numbers of any library ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", [int, np.int64, np.int32, np.uint8, np.array, torch.tensor])
def test_a_whole_number_may_come_from_any_library(kind):
    assert whole(kind(7), "a number") == 7 and type(whole(kind(7), "a number")) is int
    assert number(kind(7), "a number") == 7.0 and type(number(kind(7), "a number")) is float
    assert pair_of([kind(1), kind(2)], "a pair") == (kind(1), kind(2))


@pytest.mark.parametrize(
    "thing", [1.0, np.float64(1), True, np.True_, np.array(True), "1", [1], np.array([1]), 2**63]
)
def test_what_is_no_whole_number(thing):
    with pytest.raises(NotYet, match=r"^a whole number is wanted, and this is "):
        whole(thing, "a whole number")


def test_what_is_no_number_and_what_is_too_large_for_one():
    for thing in (True, np.array(False), "1", [1.0], np.ones(2), 1j, None, Hostile()):
        with pytest.raises(NotYet, match=r"^a number is wanted, and this is "):
            number(thing, "a number")
    assert number(10**400, "") == math.inf and number(-(10**400), "") == -math.inf
    assert scalar(np.array(True)) is True and scalar("a") == "a"


def test_what_is_no_list():
    assert listed((one for one in (1, 2)), "a list") == [1, 2] == listed({1, 2}, "a list")
    for thing in ("ab", b"ab", {1: 2}, 3, None, np.array(3), range(1_001), Hostile()):
        with pytest.raises(NotYet, match=r"^a list is wanted, and "):
            listed(thing, "a list")
    for thing in ([1], (1, 2, 3), {1, 2}, "ab"):
        with pytest.raises(NotYet, match=r"^a pair is wanted, and "):
            pair_of(thing, "a pair")


def test_answers_whose_numbers_come_from_numpy():
    assert_right("01.1", (np.int64(2047), np.int64(0)))
    assert_right("01.1", np.array([2047, 0]))
    assert_right(
        "00.2",
        lambda a, b: np.array(a.shape == b.shape and bool((np.abs(a - b) <= 1e-6).all())),
    )
    assert_right("08.1", {"read": np.array(0.25), "answer": np.float32(0.5), "write": 0.25})


# --- no answer is given away --------------------------------------------------------------------

OTHER_KEY = f"{3:016x}"
WRONG = [
    ("00.1", np.zeros((16, 2), np.float32), r"\.T\b|transpose"),
    ("00.1", np.zeros((2, 16)), r"astype|float32"),
    ("00.2", lambda a, b: True, r"abs|isnan|allclose|array_equal"),
    ("01.1", (31, 0), r"2047"),
    ("01.2", b"\x08\x03", r"22 0c|\\x22"),
    ("02.1", lambda a, x, b: a * x - b, r"b - a|a \* x|opposite|sign|minus"),
    ("02.1", lambda a, x, b: a * x + b, r"b - a|minus"),
    ("03.1", torch.tensor([-1.0, -2.0, 3.0]), r"above|greater|positive|> ?[03]"),
    ("03.2", "Constant_output_0", r"Constant_1|len\("),
    ("04.1", (0, 3), r"illness|\bplague"),
    ("04.2", lambda t, r, d: list(range(0, t, d)), r"\bmin\b|min\("),
    ("05.1", 5.0, r"percentile|180"),
    ("05.2", lambda s, f: s.mean() / f.mean(), r"median of the ratio"),
    ("05.3", lambda s, a: s, r"\[0\]|get_providers"),
    ("05.4", lambda a, b: [], r"isnan|abs\b"),
    ("06.1", {}, r"Attention: 1|LayerNormalization: 2|com\.microsoft|domain"),
    ("06.2", lambda n, b: [range(i, i + b) for i in range(0, len(n), b)], r"argsort|sort"),
    ("06.3", lambda w: (np.round(w).astype(np.int8), np.ones(6)), r"\b6[34]\b"),
    ("07.1", 1, r"10[.,]?26|10,267"),
    ("07.2", lambda h, f: 1, r"10,0\d\d,000|9 ?\*|5 ?\*"),
    ("07.3", (1, 1), r"130\.5|h200\[|device_ms"),
    ("07.4", lambda b, g, t: "reading", r"computing|launching"),
    ("08.1", {"read": 1, "answer": 1, "write": 1}, r"0\.\d"),
    ("08.2", lambda s, d, a, b: f"{abs(hash(d)):016x}"[:16], r"digest|json|sha|sort"),
    ("08.2", lambda s, d, a, b: OTHER_KEY, r"json|sha|sort_keys"),
    ("08.3", lambda lengths, most: [[i] for i in range(len(lengths))], r"sort"),
    ("08.4", lambda s, p, w: 1, r"ceil|\b2\b"),
]


@pytest.mark.parametrize(("name", "answer", "forbidden"), WRONG, ids=[one[0] for one in WRONG])
def test_what_is_said_of_a_wrong_answer_does_not_hold_the_right_one(name, answer, forbidden):
    assert not re.search(forbidden, says(name, answer)), check(name, answer)
