"""The chapters as a site: pages that link to each other, search, and load nothing from elsewhere.

Nothing is executed here. The command takes notebooks as they are, with the outputs that they hold::

    python -m helpers.book                   # the chapters with their stored outputs
    python -m helpers.book build/executed    # those that `make run` has just executed
"""

from helpers.book.cards import Card, card_of, start_page
from helpers.book.offline import remote_loads
from helpers.book.site import build_book

__all__ = ["Card", "build_book", "card_of", "remote_loads", "start_page"]
