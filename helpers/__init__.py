"""Shared code of the course: what more than one chapter needs, and nothing else.

Who imports whom (no circles; everything may import `errors`)::

    stopping                   what Ctrl-C ends, and when
    errors                     -> stopping
    scratch                    folders to work in, which a killed process leaves to the next
    files                      a file is whole or absent -> scratch
    replacing                  a folder takes another's place -> files, scratch
    plain_json                 a JSON file from elsewhere, of a size that was said
    environment, varint
    instructions               what the processor lacks -> environment
    busy                       did other programs run beside us?
    ratios                     how many times faster?
    latency                    a measured time is a value -> busy, ratios
    recipes                    what decides a made file's content
    artifacts                  files made once, kept by what they were made from -> files
    recorded                   the records in data/records, by name -> files, plain_json
    requirements               what is wanted, what is installed -> files
    wire_values                numbers and text on the wire -> varint
    wire_limits                how much one decoding takes at most -> wire_values
    wire                       a protobuf message, decoded and encoded -> wire_limits
    serving                    the process of Netron's server
    downloads                  one file -> files
    checkpoints                one folder of weights -> plain_json
    hub                        a model's files, by their hashes -> downloads, scratch
    apart                      work in a process of its own -> errors
    subgraphs                  the graphs inside a graph
    operator_kinds             kinds of operators, and their colours
    value_types, graphs        what stands in an .onnx file -> subgraphs
    frames                     where a browser finds what a kernel serves -> errors
    viewer                     Netron, a process a file -> graphs, serving, frames, environment
    squad                      reading, windows, decoding, scores -> plain_json
    profiles                   ONNX Runtime's profile, added up by operator
    saturation                 what 16-bit sums do to int8
    models                     which BERT -> checkpoints, hub
    exports, sessions          PyTorch -> .onnx -> InferenceSession -> graphs
    placement                  which execution provider took what of a graph
    fusion, quantization       .onnx -> a faster .onnx -> exports, environment
    shapes, costs              operations and bytes, by formula and in a graph
    calls                      operations that PyTorch runs, counted
    tf32                       may products on a GPU round?
    products, peaks, limits    what this machine reaches, what follows -> costs, instructions, tf32
    preflight                  what this machine lacks -> requirements, sessions, environment
    rungs                      one model in one engine -> exports, sessions, placement
    records                    what a run found -> rungs, latency, environment
    kernels                    what a GPU does while a rung runs -> rungs
    soundness                  logits that no time may be told of -> rungs
    comparison                 several rungs on the same windows -> soundness, records, squad
    trials                     a rung where a shape may be too much -> soundness, rungs
    sweep, padding, scoring    batches, lengths, whole files -> trials, rungs, squad, latency
    model_files                every file of one model -> recipes, artifacts, apart, quantization
    steps                      what a rung is built from -> model_files, rungs, records
    ladder                     the rungs by name -> steps, rungs
    display                    every chart and table -> operator_kinds, fusion
    diagrams                   drawn explanations -> display
    nesting                    a decoded file in lines and a picture -> wire, varint, display
    rewrites                   a graph before and after: what replaced what -> graphs, subgraphs
    pictures                   still pictures of graphs -> graphs, display
    showing                    picture and Netron of a file -> pictures, viewer
    options                    a command line, and a dataclass from it -> errors
    settings, material         how a benchmark runs, on what -> models, squad, model_files
    asking                     one question to several engines -> squad, rungs
    marking                    the answers, marked in the passage -> asking, squad
    form                       the form to ask more -> marking, settings, environment
    volume                     many windows at a time -> sweep, scoring, material
    report                     a record as people read it -> display, recorded, requirements
    keeping                    the record of a run that goes on -> report
    benchmark                  the command -> all of the above
    exercises                  is an answer right? -> graphs, exports, quantization, costs, ...
    streams, execution         one notebook, run top to bottom
    chapters                   runs the notebooks -> execution
    book                       the notebooks as a site -> chapters, replacing, requirements
    training                   makes the embedded model -> squad, replacing, artifacts
    offline                    a whole file, on many processes -> scoring, model_files, training
"""

import os as _os
import signal as _signal
import sys as _sys

if _sys.version_info < (3, 11):  # noqa: UP036  (who does not come by `make` meets it here)
    _told = (
        f"Python {_sys.version_info[0]}.{_sys.version_info[1]} is too old for the course, which "
        "needs 3.11 or newer: make setup PYTHON=python3.11"
    )
    # Python calls a command "-m" until it has found it; a command ends in one line
    raise SystemExit(f"error: {_told}") if _sys.argv[:1] == ["-m"] else ImportError(_told)

__all__: list[str] = []

# torch's OpenMP threads read these once, when torch is loaded, and every command of the course
# imports helpers before that. Idle threads spin for a moment and then sleep: threads that spin on
# take the processor from the engine whose turn it is next, and threads that sleep at once must be
# woken for every operator, which doubles the time of a small model in PyTorch (measured on 2 cores
# with `make bench`: median 7.3 ms when they sleep at once, 3.2 ms with 20000 turns, and 3.2 ms when
# they spin on, but then ONNX Runtime's p99 is 7.4 ms instead of 1.7). What is already set stays;
# where torch came first, it is too late.
if "torch" not in _sys.modules:
    _os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# ONNX Runtime 1.31 reports to its maker how it is used, on Linux too, and writes an id under the
# home folder when a session opens. It reads this when it is loaded; what is already set stays.
_os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# Files of the hub come over plain HTTP, where helpers.hub counts them and ends what is too slow or
# too much; the hub's other way, Xet, is a client of its own that nothing here can stop.
_os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

# Ctrl-C while a command (`python -m helpers.…`) still loads its libraries ends it without a word;
# helpers.stopping takes over as soon as it runs. Python calls a command "-m" until it has found it.
if _sys.argv[:1] == ["-m"] and _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
