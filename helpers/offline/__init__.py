"""Offline batch inference: a whole SQuAD and beyond, on an engine that spreads over machines.

Who imports whom (no circles)::

    entries     what stands at one place of a shard: a question, or why there is none
    parquet_shards  shards as the hub keeps them -> entries
    shards      a file or a folder of them -> entries, parquet_shards
    plan        questions -> chunks, each named by what decides its answers -> shards
    output      a Parquet file a chunk, whole or absent -> plan
    manifest    whose a folder of results is
    stages      what is done to a chunk: read, answer, write -> shards, output
    cluster     Ray: started here, or reached at RAY_ADDRESS
    pipeline    the stages in Ray Data -> stages
    settings    what a run is asked for, checked before anything is loaded
    parity      the gate before a run: the model's file answers as the model -> shards
    run         settings -> plan -> pipeline -> scores -> all of the above
    command     the command, with its progress -> run, cluster
    ways        three ways to the same answers, timed in turns -> command, run
    parts       what a question costs, part by part -> stages, run
    throughput  both, and workers times threads, as one record -> ways, parts
    recorded    such records, and how long a run takes by them -> parts

`python -m helpers.offline` (`make score`) runs it, `python -m helpers.offline.throughput` times it.
Ray is loaded only where it is used.
"""

__all__: list[str] = []
