"""Makes the embedded model: a small BERT trained from scratch on passages that text forms make.

Who imports whom (no circles)::

    pools, name_parts, amounts  word lists, parts of names, numbers
    names                 proper names            -> name_parts
    values                a value for every slot  -> amounts, names, pools
    templates             slots and choices       -> values
    forms, form_files     text forms, in YAML     -> templates, values
    passages              drafts and answers      -> templates
    profiles, paragraphs  from domains, stories   -> forms, passages
    clauses               from a small grammar    -> names, passages, pools, values
    noise                 rare words, cloze       -> names, passages
    mixture               which kinds, how often  -> all that make passages
    vocabulary, encode    text to token ids       -> passages
    data                  many of them, in parallel
    plan                  training in numbers
    structure             the model at its start  -> plan
    batches               samples as tensors      -> encode, vocabulary
    forward, losses       one step's arithmetic   -> batches
    memory, precision, captured, train  the loop  -> plan, batches, losses
    exam, evaluate, card  scores and what is saved
    making                the whole way           -> all of the above

`python -m helpers.training` (`make model`) runs it.
"""
