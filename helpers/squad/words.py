"""Where a word of a passage ends, as people read it."""

import re
import unicodedata

__all__ = ["inside_a_word"]

# U.S., e.g., a.m: single letters, each with a full stop behind it, of a script with spaces
_INITIALS = re.compile(r"(?<!\w)(?:[^\W\d_\u3040-\u9fff]\.)+[^\W\d_\u3040-\u9fff](?!\w)\.?")
_NEAR = 40  # characters on each side of a cut in which initials are looked for


def inside_a_word(context: str, place: int) -> bool:
    """Whether a cut just before `context[place]` would split what people read as one word.

    BERT's tokenizer splits at every punctuation mark and drops accents written apart. One word
    all the same are:

    - a letter and the marks that belong to it (Unicode category M: accents, Hindi vowel signs);
    - letters and digits side by side, except in scripts written without spaces;
    - a number with . , or : between digits: 1,200 and 7:30;
    - letters joined by a hyphen: half-sunk;
    - letters joined by an apostrophe, where one letter stands before it or two or more behind it:
      O'Brien, l'eau, we're. (John's may be cut to John.)
    - initials with their full stops: U.S. and a.m.
    """
    before, after = context[place - 1], context[place]
    if unicodedata.category(after)[0] == "M":
        return not before.isspace()
    letter = _letter_before(context, place)
    if letter.isalnum() and after.isalnum():
        return not (_stands_alone(letter) or _stands_alone(after))
    for mark in (place, place - 1):  # a sign behind the cut, a sign before it
        left, right = _letter_before(context, mark), context[mark + 1 : mark + 2]
        if context[mark] in ".,:" and left.isdigit() and right.isdigit():
            return True
        if left.isalpha() and right.isalpha():
            if context[mark] == "-":
                return True
            if context[mark] in "'’" and _holds_together(context, mark):
                return True
    near = _INITIALS.finditer(context, max(0, place - _NEAR), place + _NEAR)
    return any(run.start() < place < run.end() for run in near)


def _letter_before(context: str, place: int) -> str:
    """The character before `place` that is no mark on another one; "" where there is none."""
    while place > 0 and unicodedata.category(context[place - 1])[0] == "M":
        place -= 1
    return context[place - 1 : place] if place else ""


def _holds_together(context: str, apostrophe: int) -> bool:
    """Whether one letter stands before an apostrophe, or two or more behind it."""
    last = apostrophe
    while last > 0 and unicodedata.category(context[last - 1])[0] == "M":
        last -= 1
    tail = _without_marks(context[apostrophe + 1 : apostrophe + 20])
    one_letter = not _letter_before(context, last - 1).isalnum()
    return one_letter or (len(tail) > 1 and tail[:2].isalpha())


def _without_marks(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter)[0] != "M")


def _stands_alone(letter: str) -> bool:
    """Whether a letter is of a script written without spaces, where each is its own token."""
    return unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))
