"""A command's options: what is wrong with them is told in one line, and numbers are numbers."""

import argparse
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn, TypeVar

from helpers.errors import InputError

__all__ = ["Parser", "settings_from"]

_Settings = TypeVar("_Settings")


class Parser(argparse.ArgumentParser):
    """argparse's parser, but wrong options raise an `InputError`."""

    def __init__(self, module: str, *, prog: str, description: str) -> None:
        """Makes one without options.

        Args:
            module: what `python -m` runs, for the remedy.
            prog: what the command is called.
            description: what `--help` says first.
        """
        super().__init__(prog=prog, description=description)
        self._module = module

    def error(self, message: str) -> NoReturn:
        """Raises InputError with argparse's own message."""
        raise InputError(f"{message}; `python -m {self._module} --help` lists what there is")


def settings_from(kind: type[_Settings], given: Mapping[str, str]) -> _Settings:
    """A dataclass from text, as a command line gives it.

    Args:
        kind: the dataclass; its attributes have defaults, and those with a whole number take one.
        given: {name of an attribute: its value as text}.

    Raises:
        InputError: a value is no whole number where one is needed, or `kind` refuses it.
    """
    defaults = {field.name: field.default for field in fields(kind)}
    read: dict[str, Any] = dict(given)
    for name, text in given.items():
        if isinstance(defaults[name], int):
            try:
                read[name] = int(text)
            except ValueError as error:
                raise InputError(
                    f"{name.upper()}={text}: must be a whole number; `make help` lists the settings"
                ) from error
    return kind(**read)
