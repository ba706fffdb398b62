"""A run's record, put in place again and again while the run goes on."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

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
        self._written = self._told = False

    def keep(self, found: Mapping[str, Any]) -> None:
        """Puts a record in place.

        One without a rung never takes the place of an earlier run's, in which hours of work may be;
        nor of this run's own, but where every rung has failed.

        Args:
            found: the record.

        Raises:
            InputError: the folder cannot be written to, or its disk is full.
        """
        nothing = not found["rungs"] and (found["interrupted"] or not self._written)
        if nothing and self._path.exists():
            return
        write_json(self._path, found)
        if not self._written:
            remove_charts(self._folder)
        self._written = True

    def keep_on_the_way(self, make: Callable[[], Mapping[str, Any]]) -> None:
        """Puts what there is by now in place, unless the last time was a moment ago.

        Ctrl-C reaches Python only when an engine's call returns, which may be too late; a process
        that is killed leaves what was kept so. Where it cannot be written the run goes on, and
        that is told once: there may be room again when it ends.

        Args:
            make: makes the record.
        """
        began = time.monotonic()
        if began < self._next:
            return
        try:
            self.keep(make())
        except InputError as error:
            if not self._told:
                tqdm.write(f"not kept on the way: {error}")
            self._told = True
        ended = time.monotonic()
        self._next = ended + _SHARE * (ended - began)
