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
