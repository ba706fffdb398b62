"""Where an answer stands in its passage."""

__all__ = ["nearest_place"]


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
