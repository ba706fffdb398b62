"""A step of the ladder: a rung that can be asked for, and what it is built from.

A rung that cannot run here is not left out in silence: it is listed with the reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from helpers.errors import InputError
from helpers.exports import ExportError
from helpers.fusion import FusionError
from helpers.model_files import ModelFiles
from helpers.records import Skipped
from helpers.rungs import Rung

__all__ = ["Kit", "Step", "build"]


@dataclass(frozen=True)
class Kit:
    """What rungs are built from.

    Attributes:
        files: the model and the files made of it.
        device: `cpu` or `cuda`.
        threads: threads inside one operator.
        length: tokens of a window, for rungs of a fixed shape.
        calibrated_on: what int8 takes its ranges from, in words.
    """

    files: ModelFiles
    device: str
    threads: int
    length: int
    calibrated_on: str


@dataclass(frozen=True)
class Step:
    """A rung that can be asked for.

    Attributes:
        slug: its short name.
        name: what charts and tables call it.
        device: `cpu`, `cuda`, or `any`.
        make: builds it.
        needs: the reason why it cannot run here, in one line, or None; None for no such check.
    """

    slug: str
    name: str
    device: str
    make: Callable[[Kit], Rung]
    needs: Callable[[Kit], str | None] | None = None


def build(steps: Sequence[Step], kit: Kit) -> Iterator[tuple[Step, Rung | Skipped]]:
    """Builds one rung after the other.

    Yields:
        A step with its rung, or with the reason why there is none.
    """
    for step in steps:
        reason = step.needs(kit) if step.needs else None
        if reason is None:
            try:
                yield step, step.make(kit)
                continue
            except (InputError, ExportError, FusionError) as error:
                reason = str(error)
        yield step, Skipped(step.slug, step.name, reason)
