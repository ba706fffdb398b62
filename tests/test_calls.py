"""Operations are counted as PyTorch runs them."""

import torch

from helpers.calls import count_calls


def test_what_computes_is_counted_and_views_and_dropout_are_not():
    x, layer = torch.ones(2, 3), torch.nn.Dropout().eval()
    assert count_calls(lambda: layer(x.T) + 1 + 2) == {"add": 2}
    assert count_calls(lambda: torch.softmax(layer(x), -1).T) == {"softmax": 1}


def test_two_layers_make_twice_the_calls_of_one(tiny):
    hidden, mask = torch.zeros(1, 8, 32), torch.zeros(1, 1, 8, 8)
    first, second = tiny.model.bert.encoder.layer
    one = count_calls(lambda: first(hidden, mask))
    both = count_calls(lambda: second(first(hidden, mask), mask))
    assert one["linear"] == 6 and one["layer_norm"] == 2
    assert both == one + one


def test_each_count_begins_anew():
    x = torch.ones(2)
    assert count_calls(lambda: x + x) == count_calls(lambda: x + x) == {"add": 1}
