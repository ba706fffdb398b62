"""Where an answer stands in its passage, when it does not stand where it is said to."""

from helpers.errors import InputError

__all__ = ["Search", "nearest_place"]

_MOST = 1_000_000_000  # letters of passages; some seconds


class Search:
    """Looks for misplaced answers of one file, and ends where that would take minutes."""

    def __init__(self, path: str) -> None:
        """Takes what errors call the file."""
        self._path, self._left = path, _MOST

    def place(self, text: str, context: str, start: int) -> int | None:
        """The nearest place of an answer, None where it stands nowhere.

        Args:
            text: the answer.
            context: the passage.
            start: the index at which it should stand, and does not.

        Raises:
            InputError: too many answers of the file stand at wrong places.
        """
        self._left -= len(context)
        if self._left < 0:
            raise InputError(
                f"{self._path}: more answers than can be looked for in their passages do not stand "
                "at their answer_start; correct those"
            )
        return nearest_place(text, context, start) if text in context else None


def nearest_place(text: str, context: str, start: int) -> int:
    """Where a text stands that is not where it is said to stand: the nearest place of it.

    Args:
        text: stands in the context somewhere.
        context: the passage.
        start: the index at which it should stand; any whole number.
    """
    start = min(max(start, 0), len(context))
    head = context[: start + len(text)]
    behind = head[::-1].find(text[::-1])  # `rfind` has no fast way with texts that repeat
    before = len(head) - len(text) - behind if behind >= 0 else -1
    places = (before, context.find(text, start))
    return min((place for place in places if place >= 0), key=lambda place: abs(place - start))
