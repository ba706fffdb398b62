"""What goes wrong with whole commands: two of one kind at once, one killed, one without room."""

from collections.abc import Callable
from pathlib import Path

import nbformat
from fault import Fault
from faults_kernels import small_project
from faults_processes import KILLED, TRAINING, TWO, hidden, sums
from faults_storage import ROOM, said
from places import small_disk
from processes import Command, wait_until

from helpers.chapters import chapter_paths
from helpers.files import sha256
from helpers.models import load

__all__ = ["FAULTS"]

BOOK = ("-m", "helpers.book")
SCORE = ("-m", "helpers.offline", "--chunk", "50", "--workers", "1")
RUN = ("-m", "helpers.chapters", "run")


def alone(arguments: tuple, folder: Path, name: str = "a", **options: object) -> Command:
    """A command, whose words go to `<folder>/<name>.told`, and no cluster of Ray's is asked."""
    return Command.python(*arguments, output=folder / f"{name}.told", RAY_ADDRESS="", **options)


# --- two at once -------------------------------------------------------------------------------


def twice(arguments: tuple, words: str, look: Callable[[Path], str]) -> Callable[[Path], str]:
    """Two of one command at once, to one place; both must have begun before either ends.

    Args:
        arguments: of Python; `{}` in them is the folder.
        words: that each writes as it sets to work.
        look: tells what lies there then.
    """

    def cause(folder: Path) -> str:
        given = tuple(str(one).replace("{}", str(folder)) for one in arguments)
        with alone(given, folder, "one") as one, alone(given, folder, "two") as two:
            for command in (one, two):
                command.wait_for(words)
            assert one.process.poll() is None, "the first one was done too soon"
            ends = " and ".join(said(command, folder) for command in (one, two))
        left = sorted(path.name for path in folder.iterdir() if path.suffix != ".told")
        parts = [path.name for path in folder.rglob(".*.part")]
        return f"{ends}; {look(folder)}; beside it {left}, halves {parts}"

    return cause


def the_book(folder: Path) -> str:
    """How many chapters there are, and whether the pages' pictures and styles are."""
    site = folder / "out"
    index = (site / "index.html").read_text(encoding="utf-8")
    there = [path for path in chapter_paths() if f"{path.stem}.html" in index]
    whole = all((site / f"{path.stem}.html").read_text().rstrip().endswith(">") for path in there)
    return f"{len(there)} chapters, {'whole' if whole else 'HALF'}"


def the_model(folder: Path) -> str:
    """What the files are, and whether they are a model."""
    loaded = load(str(folder / "out"))
    assert (folder / "exam.json").stat().st_size
    return f"{len([*(folder / 'out').iterdir()])} files, {len(loaded.tokenizer)} tokens"


def the_answers(folder: Path) -> str:
    """Whether a third run, which reads every chunk, finds anything missing."""
    with alone((*SCORE, "--out", folder / "out"), folder, "three") as command:
        assert command.wait() == 0, command.told[-300:]
        (there,) = [line for line in command.told.splitlines() if "are there already" in line]
        (scores,) = [line for line in command.told.splitlines() if "answered: " in line]
    return f"{there}; {scores.partition(':')[0]}"


# --- killed ------------------------------------------------------------------------------------


def chunks(folder: Path) -> list[Path]:
    return [*(folder / "out" / "answers").glob("*/*.parquet")]


def killed_score(folder: Path) -> str:
    """Kills `make score` as it answers; the next run has the same bytes as an undisturbed one."""
    undisturbed, disturbed = (folder / name for name in ("undisturbed", "disturbed"))
    for each in (undisturbed, disturbed):
        each.mkdir()
    with alone((*SCORE, "--out", undisturbed / "out"), folder) as command:
        assert command.wait() == 0, command.told[-300:]
    with alone((*SCORE, "--out", disturbed / "out"), folder) as command:
        wait_until(lambda: len(chunks(disturbed)) > 2, 120, "three chunks")
        command.kill()
        wait_until(lambda: not command.alive(), 20, "the end of what it had started")
    wanted = sums(undisturbed / "out" / "answers")
    stood = sums(disturbed / "out" / "answers")
    assert 2 < len(stood) < len(wanted) and stood.items() < wanted.items(), stood
    with alone((*SCORE, "--out", disturbed / "out"), folder) as command:
        assert command.wait() == 0, command.told[-300:]
        kept = f"{len(stood)} of {len(wanted)} chunks are there already" in command.told
    same = sums(disturbed / "out" / "answers") == wanted
    return (
        f"whole chunks stand, {'kept' if kept else 'NOT KEPT'}; "
        f"then {'the same bytes' if same else 'OTHER ANSWERS'}; {hidden(disturbed)} left"
    )


def killed_run(folder: Path) -> str:
    """Kills `make run` in its second chapter: the first one's copy is new, the other's is old."""
    project = small_project(folder / "project")
    notebooks, copies = project / "notebooks", project / "build" / "executed"
    (notebooks / "01-bad.ipynb").rename(notebooks / "03-endless.ipynb")
    copies.mkdir(parents=True)
    for path in notebooks.glob("*.ipynb"):
        (copies / path.name).write_text("old")
    with alone(RUN, folder, cwd=project) as command:
        wait_until((notebooks / "cell-2-has").exists, 120, "the second chapter")
        command.kill()
        wait_until(lambda: not command.alive(), 10, "the end of what it had started")
    counts = counted(copies / "02-good.ipynb")
    other = (copies / "03-endless.ipynb").read_text()
    (notebooks / "03-endless.ipynb").write_bytes((notebooks / "02-good.ipynb").read_bytes())
    with alone(RUN, folder, cwd=project) as command:
        assert command.wait() == 0, command.told[-300:]
    after = [counted(path) for path in sorted(copies.iterdir())]
    return f"one ran as {counts}, the other is {other}; then {after}; {hidden(copies)} left"


def counted(path: Path) -> list[int]:
    return [cell.execution_count for cell in nbformat.read(path, as_version=4).cells]


# --- no room -----------------------------------------------------------------------------------


def no_room_for_a_copy(folder: Path) -> str:
    """`make run` where one chapter's copy has no room; the other chapter's has."""
    project = small_project(folder / "project")
    notebooks = project / "notebooks"
    large = nbformat.read(notebooks / "02-good.ipynb", as_version=4)
    large.cells[1].source = "print('x' * 1_000_000)"
    nbformat.write(large, notebooks / "01-bad.ipynb")
    digests = [sha256(path) for path in sorted(notebooks.iterdir())]
    (project / "build").mkdir()
    with small_disk(project / "build" / "executed", 700) as disk:
        with alone(RUN, folder, cwd=project) as command:
            told = said(command, folder)
        there = sorted(path.name for path in disk.iterdir())
        ran = counted(disk / "02-good.ipynb")
    same = digests == [sha256(path) for path in sorted(notebooks.iterdir())]
    return f"{told}; {there}, run as {ran}; notebooks {'as they were' if same else 'CHANGED'}"


BOTH = r"exit 0:  and exit 0: ; {}; beside it {}, halves \[\]$"
NO_COPY = (
    r"exit 2: failed: /project/build/executed: cannot write there \(No space left on device\); "
    r"free some space, or choose a folder that you may write to \| error: 01-bad\.ipynb: did not "
    r"run to the end, .*; 1 of 2 notebooks did; \['02-good\.ipynb'\], run as \[1, 2, 3\]; "
    r"notebooks as they were$"
)

FAULTS = [
    Fault(
        TWO,
        "make book, to one place",
        BOTH.format(f"{len(chapter_paths())} chapters, whole", r"\['out'\]"),
        twice((*BOOK, "--out", "{}/out"), "", the_book),
    ),
    Fault(
        TWO,
        "make model, to one place",
        BOTH.format("5 files, 5200 tokens", r"\['exam.json', 'out'\]"),
        twice((*TRAINING, "--out", "{}/out", "--exam", "{}/exam.json"), "level 0", the_model),
    ),
    Fault(
        TWO,
        "make score, in one OUT",
        BOTH.format("15 of 15 chunks are there already; 746 answered", r"\['out'\]"),
        twice((*SCORE, "--out", "{}/out"), "questions:", the_answers),
    ),
    Fault(
        KILLED,
        "during make score",
        "whole chunks stand, kept; then the same bytes; nothing left$",
        killed_score,
    ),
    Fault(
        KILLED,
        "during make run",
        r"one ran as \[1, 2, 3\], the other is old; then \[\[1, 2, 3\], \[1, 2, 3\]\]; "
        "nothing left$",
        killed_run,
    ),
    Fault(ROOM, "a full disk under make run", NO_COPY, no_room_for_a_copy),
]
