"""SQuAD v1.1: questions on passages, whose answers are spans of the passage.

transformers 5 no longer has the converter and the decoder that older tutorials import; this
package is what remains needed of them. A file becomes `Example`s (`read_squad`), examples become
fixed-length windows of token ids (`featurize`), a model turns each window into start and end
logits, and those become answers (`answers`; with their places and shares, `best_spans`) and scores
(`score`).
"""

from helpers.squad.decoding import answers, score
from helpers.squad.reading import Example, LeftOut, examples_of, read_squad, squad_root
from helpers.squad.spans import Span, best_spans
from helpers.squad.windows import Features, featurize, shortest_length, window_starts

__all__ = [
    "Example",
    "Features",
    "LeftOut",
    "Span",
    "answers",
    "best_spans",
    "examples_of",
    "featurize",
    "read_squad",
    "score",
    "shortest_length",
    "squad_root",
    "window_starts",
]
