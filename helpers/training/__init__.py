"""Makes the embedded model: a small BERT trained from scratch on passages that text forms make.

Who imports whom (no circles)::

    pools
    names                 proper names            -> (nothing)
    values                a value for every slot  -> names, pools
    templates             slots and choices       -> values
    forms                 the YAML files          -> templates, values
    passages              drafts and answers      -> templates
    profiles, paragraphs  from domains, stories   -> forms, passages
    clauses               from a small grammar    -> names, passages, pools, values
    noise                 rare words, cloze       -> names, passages
    mixture               which kinds, how often  -> all of the above
    vocabulary, encode    text to token ids       -> passages
    data                  many of them, in parallel
    structure             the model at its start
    forward, losses       one step's arithmetic
    plan, memory, precision, batches, train
    exam, evaluate, card  scores and what is saved
    making                the whole way           -> all of the above

`python -m helpers.training` (`make model`) runs it.
"""
