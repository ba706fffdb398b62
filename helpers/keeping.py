"""A run's record, put in place again and again while the run goes on."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from helpers.errors import InputError
from helpers.files import write_json
from helpers.report import CHARTS, remove_charts

__all__ = ["Keeper"]

_SHARE = 10  # of the time that passes, one part in so many may go into records on the way


class Keeper:
    """Puts a run's record into its folder, whole each time.

    What an earlier run left there stays until this run has something to put in its place; then its
    charts go, as they would look like this one's.

    Args:
        folder: the folder of results.

    Raises:
        InputError: a folder stands where the record or a chart would.
    """

    def __init__(self, folder: Path) -> None:
        for name in ("record.json", *CHARTS):
            if (folder / name).is_dir():
                raise InputError(
                    f"{folder / name}: is a folder; remove it, or name another folder of results"
                )
        self._folder, self._path = folder, folder / "record.json"
        self._next = 0.0  # seconds of time.monotonic
        self._written = False

    def keep(self, found: Mapping[str, Any]) -> None:
        """Puts a record in place.

        One without a rung never takes the place of an earlier run's: hours of work may be in that.

        Args:
            found: the record.

        Raises:
            InputError: the folder cannot be written to, or its disk is full.
        """
        if not (found["rungs"] or self._written) and found["interrupted"] and self._path.exists():
            return
        if not self._written:
            remove_charts(self._folder)
        write_json(self._path, found)
        self._written = True

    def keep_on_the_way(self, make: Callable[[], Mapping[str, Any]]) -> None:
        """Puts what there is by now in place, unless the last time was a moment ago.

        Ctrl-C reaches Python only when an engine's call returns, which may be too late; a process
        that is killed leaves what was kept so.

        Args:
            make: makes the record.
        """
        began = time.monotonic()
        if began < self._next:
            return
        self.keep(make())
        ended = time.monotonic()
        self._next = ended + _SHARE * (ended - began)
