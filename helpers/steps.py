"""A step of the ladder: a rung that can be asked for, and what it is built from.

A rung that cannot run here is not left out in silence: it is listed with the reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tqdm import tqdm

from helpers.errors import InputError, reason_of
from helpers.model_files import ModelFiles
from helpers.records import Skipped
from helpers.rungs import Rung

__all__ = ["Kit", "Step", "build", "build_all"]

_T = TypeVar("_T")


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
        file: which of the model's files it runs, an attribute of `ModelFiles`; None for PyTorch.
        needs: the reason why it cannot run here, in one line, or None; None for no such check.
    """

    slug: str
    name: str
    device: str
    make: Callable[[Kit], Rung]
    file: str | None = None
    needs: Callable[[Kit], str | None] | None = None


def build(steps: Sequence[Step], kit: Kit) -> Iterator[tuple[Step, Rung | Skipped]]:
    """Makes the files of all rungs, and then builds one rung after the other.

    The files come first because making them takes several times the model's size in memory, and so
    do all rungs together.

    Yields:
        A step with its rung, or with the reason why there is none, in the steps' order.
    """
    reasons = {step.slug: _reason(step, kit) for step in steps}
    for step in steps:
        made = reasons[step.slug] or _attempt(lambda step=step: step.make(kit))
        yield step, Skipped(step.slug, step.name, made) if isinstance(made, str) else made


def build_all(steps: Sequence[Step], kit: Kit, asked: str) -> tuple[dict[str, Rung], list[Skipped]]:
    """Builds what can be built, with a progress bar.

    Args:
        steps: which rungs.
        kit: what they are built from.
        asked: the RUNGS= setting, for the error.

    Returns:
        {slug: rung}, and the others with the reasons.

    Raises:
        InputError: none of them can be built.
    """
    rungs: dict[str, Rung] = {}
    skipped: list[Skipped] = []
    with tqdm(total=len(steps), desc="building", ncols=80, leave=False, disable=None) as bar:
        for step, made in build(steps, kit):
            if isinstance(made, Skipped):
                skipped.append(made)
            else:
                rungs[step.slug] = made
            bar.update()
    if not rungs:
        reasons = "; ".join(f"{one.slug}: {one.reason}" for one in skipped)
        raise InputError(f"RUNGS={asked}: none of them can run here ({reasons}); name others")
    return rungs, skipped


def _reason(step: Step, kit: Kit) -> str | None:
    """Why a step cannot be built, as far as that shows before; None where it may."""
    reason = step.needs(kit) if step.needs else None
    if reason or step.file is None:
        return reason
    made = _attempt(lambda: getattr(kit.files, step.file or ""))
    return made if isinstance(made, str) else None


def _attempt(make: Callable[[], _T]) -> _T | str:
    """What `make` gives, or the first line of what it raises.

    Engines raise errors of many kinds. None of them may cost the rungs that can be built.
    """
    try:
        return make()
    except Exception as error:
        return reason_of(error)
