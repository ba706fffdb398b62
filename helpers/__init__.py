"""Shared code of the course: what more than one chapter needs, and nothing else.

Who imports whom (no circles; everything may import `errors`)::

    errors
    files, environment, latency
    downloads, checkpoints     one file; one folder of weights
    squad                      reading, windows, decoding, scores
    models                     which BERT
    exports, sessions          PyTorch -> .onnx -> InferenceSession
    rungs                      one model in one engine -> exports, sessions
    records                    what a run found -> rungs, latency, environment
    comparison                 several rungs on the same windows -> records, rungs, squad
    display                    every chart and table
    settings, benchmark        the command -> all of the above
    chapters                   runs the notebooks
    training                   makes the embedded model -> squad
"""

import os as _os
import sys as _sys

__all__: list[str] = []

# torch's OpenMP threads read this once, when torch is loaded, and every command of the course
# imports helpers before that. Idle threads that spin would take the processor from the engine
# whose turn it is next. A policy that is already set stays; where torch came first, it is too late.
if "torch" not in _sys.modules:
    _os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
