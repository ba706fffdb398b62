"""Sums of 16 bits cut pairs off; weights of 7 bits never reach them."""

import numpy as np
import pytest
import torch

from helpers.saturation import product_in_8_bits, worst_projection


def test_in_32_bits_the_product_is_right_but_for_rounding():
    random = np.random.default_rng(0)
    x, weights = random.normal(size=(5, 8)), random.normal(size=(8, 3))
    product, cut = product_in_8_bits(x, weights)
    assert cut == 0
    assert np.abs(product - x @ weights).max() < 0.1
    assert np.abs(product - x @ weights).max() > 0


@pytest.mark.parametrize(("largest", "kept"), [(127, 32767 / 64770), (64, 1.0)])
def test_a_pair_of_the_largest_numbers_is_cut_off_in_8_bits_and_not_in_7(largest, kept):
    x, weights = np.array([[255.0, 255.0]]), np.array([[1.0], [1.0]])
    product, cut = product_in_8_bits(x, weights, largest=largest, sixteen_bits=True)
    assert product[0, 0] == pytest.approx(510 * kept)
    assert cut == (largest == 127)


def test_without_the_limit_nothing_is_cut_off():
    x, weights = np.array([[255.0, 255.0]]), np.array([[1.0], [1.0]])
    product, cut = product_in_8_bits(x, weights)
    assert product[0, 0] == pytest.approx(510)
    assert cut == 0


def test_a_negative_pair_is_cut_off_at_the_lower_end():
    x, weights = np.array([[255.0, 255.0]]), np.array([[-1.0], [-1.0]])
    product, cut = product_in_8_bits(x, weights, sixteen_bits=True)
    assert product[0, 0] == pytest.approx(-510 * 32768 / 64770)
    assert cut == 1


def test_the_projection_that_16_bits_spoil_most_is_found(tiny, case_windows):
    value = tiny.model.bert.encoder.layer[1].attention.self.value.weight
    before = value.detach().clone()
    length = int(case_windows.attention_mask[0].sum())
    inputs = {name: array[:1, :length] for name, array in case_windows.inputs(slice(1)).items()}
    try:
        with torch.no_grad():
            value.fill_(1.0)  # of one size, and so the largest 8-bit number everywhere
        name, x, weights = worst_projection(tiny.model, inputs)
    finally:
        with torch.no_grad():
            value.copy_(before)
    assert name == "layer 1, value"
    assert x.shape == (length, 32) and (weights == 1).all() and weights.shape == (32, 32)
