"""An export is what was asked for, computes what PyTorch computes, or is refused."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from helpers.exports import (
    INPUT_NAMES,
    OUTPUT_NAMES,
    ExportError,
    check_export,
    export_bert,
    feeds,
    graph_facts,
)

DIMENSIONS = ("batch_size", "max_seq_len")


def padded_inputs(batch, length, seed):
    """Realistic inputs: rows of different lengths, padded on the right, int64 [batch, length]."""
    random = np.random.default_rng(seed)
    ids = random.integers(5, 496, (batch, length))
    real = random.integers(length // 2, length, batch)
    mask = (np.arange(length) < real[:, None]).astype(np.int64)
    segments = ((np.arange(length) >= length // 4) * mask).astype(np.int64)
    return (ids * mask).astype(np.int64), mask, segments


def run_both(model, session, inputs):
    with torch.no_grad():
        output = model(*map(torch.from_numpy, inputs))
    expected = output.start_logits.numpy(), output.end_logits.numpy()
    found = session.run(list(OUTPUT_NAMES), dict(zip(INPUT_NAMES, inputs, strict=True)))
    return found, expected


@pytest.fixture(scope="module")
def session(tiny_onnx):
    return onnxruntime.InferenceSession(str(tiny_onnx), providers=["CPUExecutionProvider"])


def test_the_articles_settings_are_in_the_file(tiny_onnx):
    facts = graph_facts(tiny_onnx)
    assert facts.opset == 11
    assert facts.inputs == dict.fromkeys(("input_ids", "input_mask", "segment_ids"), DIMENSIONS)
    assert facts.outputs == dict.fromkeys(("start", "end"), DIMENSIONS)
    assert facts.external is False
    onnx.checker.check_model(str(tiny_onnx), full_check=True)
    assert [path.name for path in tiny_onnx.parent.iterdir()] == ["tiny.onnx"]


def test_constants_are_folded(tiny_onnx):
    graph = onnx.load(tiny_onnx).graph
    weights = {tensor.name for tensor in graph.initializer}
    transposed = [n.name for n in graph.node if n.op_type == "Transpose" and n.input[0] in weights]
    assert transposed == []  # a linear layer's weights are transposed once, in the file
    assert any(node.op_type == "MatMul" for node in graph.node)


@pytest.mark.parametrize(("batch", "length"), [(1, 128), (3, 64), (2, 17), (5, 200)])
def test_parity_with_pytorch_on_shapes_that_were_not_traced(tiny, session, batch, length):
    inputs = padded_inputs(batch, length, seed=length)
    assert 0 < inputs[1].sum() < batch * length  # there is padding
    for found, expected in zip(*run_both(tiny.model, session, inputs), strict=True):
        assert found.dtype == np.float32
        assert found.shape == (batch, length)
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
        assert np.ptp(expected) > 0.1  # logits that differ, so that the comparison means something


def test_swapping_mask_and_segments_changes_the_numbers(tiny, session):
    ids, mask, segments = padded_inputs(2, 40, seed=1)
    (found, _), _ = run_both(tiny.model, session, (ids, mask, segments))
    (swapped, _), _ = run_both(tiny.model, session, (ids, segments, mask))
    assert np.abs(found - swapped).max() > 0.01


def test_the_exported_model_stays_as_it_was(tiny, tmp_path):
    before = {name: tensor.clone() for name, tensor in tiny.model.state_dict().items()}
    export_bert(tiny.model, tmp_path / "again.onnx", length=32)
    assert all(torch.equal(before[name], t) for name, t in tiny.model.state_dict().items())
    assert not tiny.model.training


def test_another_opset_is_exported_as_asked(tiny, tmp_path):
    assert export_bert(tiny.model, tmp_path / "m.onnx", opset=17, length=16).opset == 17


def test_check_export_names_everything_that_differs(tiny_onnx):
    with pytest.raises(ExportError) as caught:
        check_export(
            tiny_onnx, opset=13, inputs=("ids", "mask"), outputs=("end", "start"), dynamic={1: "n"}
        )
    message = str(caught.value)
    assert message.startswith(f"{tiny_onnx}: ")
    for piece in (
        "opset 11, asked for 13",
        "inputs ['input_ids', 'input_mask', 'segment_ids'], asked for ['ids', 'mask']",
        "outputs ['start', 'end'], asked for ['end', 'start']",
        "input_ids has dimensions ('batch_size', 'max_seq_len'), asked for {1: 'n'}",
    ):
        assert piece in message


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ({"opset": 13}, "dynamo=False"),
        ({"opset": 11, "inputs": ("a", "b", "c")}, "input_names=['a', 'b', 'c']"),
        ({"opset": 11, "outputs": ("a", "b")}, "output_names=['a', 'b']"),
        ({"opset": 11, "dynamic": {0: "n"}}, "dynamic_axes for every input and output"),
        (
            {"opset": 13, "outputs": ("a", "b"), "dynamic": {0: "n"}},
            "dynamo=False, dynamic_axes for every input and output, output_names=['a', 'b']",
        ),
    ],
)
def test_the_remedy_is_that_of_the_difference(tiny_onnx, asked, remedy):
    with pytest.raises(ExportError) as caught:
        check_export(tiny_onnx, **asked)
    assert str(caught.value).endswith(f"; export again with {remedy}")


def test_weights_in_a_second_file_are_refused_unless_asked_for(tiny_onnx, tmp_path):
    path = tmp_path / "two.onnx"
    onnx.save(onnx.load(tiny_onnx), path, save_as_external_data=True, location="two.data")
    with pytest.raises(ExportError) as caught:
        check_export(path, opset=11)
    assert str(caught.value) == (
        f"{path}: weights in a second file, asked for one file; export again with dynamo=False"
    )
    assert check_export(path, opset=11, external=True).external is True


def test_an_export_that_is_not_as_asked_names_where_it_should_stand(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.exports._AXES", {0: "batch_size"})
    original = torch.onnx.export

    def another_opset(*args, **keywords):
        return original(*args, **{**keywords, "opset_version": 12})

    monkeypatch.setattr(torch.onnx, "export", another_opset)
    path = tmp_path / "out" / "bert.onnx"
    with pytest.raises(ExportError) as caught:
        export_bert(tiny.model, path, length=16)
    assert str(caught.value).startswith(f"{path}: opset 12, asked for 11; ")
    assert list(path.parent.iterdir()) == []


def test_fixed_dimensions_are_refused(tmp_path):
    tensor = onnx.helper.make_tensor_value_info
    shape = [1, "max_seq_len"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["a"], ["b"])],
        "fixed",
        [tensor("a", onnx.TensorProto.FLOAT, shape)],
        [tensor("b", onnx.TensorProto.FLOAT, shape)],
    )
    opset = onnx.helper.make_opsetid("", 11)
    path = tmp_path / "fixed.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset]), path)
    with pytest.raises(ExportError, match=r"a has dimensions \(1, 'max_seq_len'\), .*batch_size"):
        check_export(path, opset=11, inputs=("a",), outputs=("b",))
    assert check_export(path, opset=11, inputs=("a",), outputs=("b",), dynamic={}).opset == 11


def test_what_the_default_exporter_makes_of_opset_11_is_refused(tiny, tmp_path, capfd):
    path = tmp_path / "default.onnx"
    ids = torch.ones(1, 16, dtype=torch.int64)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tiny.model,
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            str(path),
            opset_version=11,
            input_names=list(INPUT_NAMES),
            output_names=list(OUTPUT_NAMES),
        )
    capfd.readouterr()  # the exporter is talkative
    assert path.is_file()  # it raised nothing
    assert graph_facts(path).opset == 18
    with pytest.raises(ExportError, match="opset 18, asked for 11"):
        check_export(path, opset=11)


def test_an_export_that_fails_leaves_nothing(tiny_folder, tmp_path):
    from helpers.models import load

    fused = load(str(tiny_folder), attention="sdpa").model  # opset 11 has no such operator
    with pytest.raises(torch.onnx.errors.UnsupportedOperatorError):
        export_bert(fused, tmp_path / "out" / "m.onnx", length=16)
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_feeds_are_one_window_each_under_the_files_names(case_windows):
    inputs = case_windows.inputs(slice(3))
    given = feeds(inputs)
    assert [list(feed) for feed in given] == [list(INPUT_NAMES)] * 3
    for ours, berts in zip(given[1].values(), inputs.values(), strict=True):
        assert ours.shape == (1, 128)
        assert (ours[0] == berts[1]).all()
