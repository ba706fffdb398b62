"""Shared code of the course: what more than one chapter needs, and nothing else.

Who imports whom (no circles; everything may import `errors`)::

    errors
    files, downloads, environment, latency
    squad             reading, windows, decoding, scores
    models            which BERT            -> downloads
    exports, sessions PyTorch -> .onnx -> InferenceSession
    rungs             one engine, one model -> exports, sessions
    records           what a run found      -> environment, latency
    display           every chart           -> records
    benchmark         the command           -> all of the above
    chapters          runs the notebooks
    training          makes the embedded model -> squad, models
"""
