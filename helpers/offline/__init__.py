"""Offline batch inference: a whole SQuAD and beyond, on an engine that spreads over machines.

Who imports whom (no circles)::

    shards      a file or a folder of them -> questions, and what cannot be used
    plan        questions -> chunks, each named by what decides its answers -> shards
    output      a Parquet file a chunk, whole or absent; the run's manifest -> plan
    stages      what is done to a chunk: read, answer, write -> shards, output
    cluster     Ray: started here, or reached at RAY_ADDRESS
    pipeline    the stages in Ray Data -> stages
    settings    what a run is asked for, checked before anything is loaded
    run         settings -> plan -> pipeline -> scores -> all of the above
    command     the command, with its progress -> run, cluster
    ways        three ways to the same answers, timed in turns -> command, run
    parts       what a question costs, part by part -> stages, run
    throughput  both, and workers times threads, as one record -> ways, parts

`python -m helpers.offline` (`make score`) runs it, `python -m helpers.offline.throughput` times it.
Ray is loaded only where it is used.
"""

__all__: list[str] = []
