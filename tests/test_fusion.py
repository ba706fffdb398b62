"""A fused BERT has the operators that it should have and computes what PyTorch computes."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from helpers.display.fusions import fusion_table
from helpers.errors import InputError
from helpers.exports import INPUT_NAMES, OUTPUT_NAMES, export_bert
from helpers.fusion import (
    FUSED_OPERATORS,
    FusionError,
    check_fused,
    fuse_bert,
    fused_counts,
    halve,
)
from helpers.graphs import count_ops
from helpers.models import load
from helpers.sessions import ops_in_session

FULL = {"EmbedLayerNormalization": 1, "Attention": 2, "BiasGelu": 2, "SkipLayerNormalization": 4}


@pytest.fixture(scope="module")
def fused(tiny, tiny_onnx, tmp_path_factory):
    """{name: path of a fused file}."""
    folder, config = tmp_path_factory.mktemp("fused"), tiny.model.config
    kinds = {
        "fp32": {},
        "apart": {"attention": False},
        "norms": {"norms": False},
        "int32": {"gpu": True},
        "fp16": {"precision": "fp16", "gpu": True},
    }
    for name, options in kinds.items():
        fuse_bert(tiny_onnx, folder / f"{name}.onnx", config, **options)
    return {name: folder / f"{name}.onnx" for name in kinds}


def padded(batch, length, seed=3):
    """Ids, mask and segments, int64 [batch, length], each row padded on the right."""
    random = np.random.default_rng(seed)
    real = random.integers(length // 2, length, batch)
    mask = (np.arange(length) < real[:, None]).astype(np.int64)
    ids = random.integers(5, 496, (batch, length)) * mask
    return ids, mask, (np.arange(length) >= length // 4) * mask


def expected(model, inputs):
    with torch.no_grad():
        output = model(*map(torch.from_numpy, inputs))
    return output.start_logits.numpy(), output.end_logits.numpy()


def logits(path, inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kinds = [np.int32 if "int32" in node.type else np.int64 for node in session.get_inputs()]
    feed = {n: a.astype(k) for n, a, k in zip(INPUT_NAMES, inputs, kinds, strict=True)}
    return session.run(list(OUTPUT_NAMES), feed)


def kinds_of(values):
    return [onnx.TensorProto.DataType.Name(v.type.tensor_type.elem_type) for v in values]


def test_every_layer_is_fused_and_counted(tiny, tiny_onnx, fused, tmp_path):
    counts = fuse_bert(tiny_onnx, tmp_path / "new" / "f.onnx", tiny.model.config)
    assert counts == FULL
    assert fused_counts(tmp_path / "new" / "f.onnx") == FULL
    assert check_fused(tmp_path / "new" / "f.onnx", 2) == FULL
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["f.onnx"]
    assert fused_counts(tiny_onnx) == {}
    assert {n: base + 2 * each for n, (base, each) in FUSED_OPERATORS.items()} == FULL


@pytest.mark.parametrize("kind", ["fp32", "apart", "norms", "int32"])
@pytest.mark.parametrize(("batch", "length"), [(1, 128), (3, 40)])
def test_parity_with_pytorch(tiny, fused, kind, batch, length):
    inputs = padded(batch, length)
    assert 0 < inputs[1].sum() < batch * length  # there is padding
    pairs = zip(logits(fused[kind], inputs), expected(tiny.model, inputs), strict=True)
    for found, wanted in pairs:
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=0)
        assert np.ptp(wanted) > 0.1


def test_attention_apart_leaves_the_projections_as_products_with_weights(fused):
    whole, apart = count_ops(fused["fp32"]), count_ops(fused["apart"])
    assert apart["MatMul"] == whole["MatMul"] + 3 * 2  # query, key and value of two layers
    assert fused_counts(fused["apart"]) == {
        **{name: n for name, n in FULL.items() if name != "Attention"},
        "MultiHeadAttention": 2,
    }
    assert "Softmax" not in apart


def test_a_file_for_the_gpu_takes_int32_without_a_cast(fused):
    assert kinds_of(onnx.load(fused["fp32"]).graph.input) == ["INT64"] * 3
    assert count_ops(fused["fp32"])["Cast"] == 3
    assert kinds_of(onnx.load(fused["int32"]).graph.input) == ["INT32"] * 3
    assert "Cast" not in count_ops(fused["int32"])


def test_fp16_halves_the_weights_and_keeps_the_numbers(tiny, fused):
    graph = onnx.load(fused["fp16"]).graph
    kinds = {onnx.TensorProto.DataType.Name(t.data_type) for t in graph.initializer}
    assert "FLOAT16" in kinds
    assert "FLOAT" not in kinds
    assert kinds_of(graph.output) == ["FLOAT"] * 2
    assert count_ops(fused["fp16"])["Cast"] == 2
    assert check_fused(fused["fp16"], 2) == FULL
    inputs = padded(3, 40)
    mask = inputs[1].astype(bool)
    pairs = zip(logits(fused["fp16"], inputs), expected(tiny.model, inputs), strict=True)
    for found, wanted in pairs:
        np.testing.assert_allclose(found[mask], wanted[mask], atol=0.02, rtol=0)
        assert np.abs(found - wanted).max() > 1e-5  # it really was computed with fewer bits


def test_a_mask_with_holes_gives_wrong_numbers_and_no_error(tiny, fused):
    ids, mask, segments = padded(2, 40)
    mask[:, 5:15] = 0
    (found, _), (wanted, _) = (
        logits(fused["fp32"], (ids, mask, segments)),
        expected(tiny.model, (ids, mask, segments)),
    )
    assert np.abs(found - wanted).max() > 0.01


def test_what_was_not_fused_is_named_with_the_remedy(tiny_folder, tmp_path):
    model = load(str(tiny_folder), attention="sdpa").model
    export_bert(model, tmp_path / "sdpa.onnx", opset=14, length=16)
    counts = fuse_bert(tmp_path / "sdpa.onnx", tmp_path / "fused.onnx", model.config)
    assert counts["Attention"] == 0
    with pytest.raises(FusionError) as caught:
        check_fused(tmp_path / "fused.onnx", 2)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'fused.onnx'}: a BERT of 2 layers")
    assert "0 Attention, not 2" in message
    assert message.endswith("; export it with eager attention and dynamo=False")


def test_every_count_that_is_short_is_named(fused):
    with pytest.raises(FusionError) as caught:
        check_fused(fused["fp32"], 3)
    for piece in ("2 Attention, not 3", "2 BiasGelu, not 3", "4 SkipLayerNormalization, not 6"):
        assert piece in str(caught.value)
    assert "EmbedLayerNormalization" not in str(caught.value)


def test_the_standards_own_attention_is_no_fused_one():
    tensor = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("Attention", ["q", "k", "v"], ["y"])
    values = [tensor(name, onnx.TensorProto.FLOAT, ["b", 2, "n", 4]) for name in "qkvy"]
    graph = onnx.helper.make_graph([node], "standard", values[:3], values[3:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 23)])
    assert fused_counts(model)["Attention"] == 0


def test_bad_input_is_told_in_one_line(tiny, tiny_onnx, tmp_path):
    config = tiny.model.config
    with pytest.raises(InputError, match=r"^precision='int8': cannot be fused; use fp32 or fp16$"):
        fuse_bert(tiny_onnx, tmp_path / "f.onnx", config, precision="int8")
    with pytest.raises(InputError, match=r"none\.onnx: no such file; export a model"):
        fuse_bert(tmp_path / "none.onnx", tmp_path / "f.onnx", config)
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(InputError, match=r"text\.onnx: no ONNX model"):
        fuse_bert(tmp_path / "text.onnx", tmp_path / "f.onnx", config)
    assert not (tmp_path / "f.onnx").exists()


def test_halving_a_fused_file_gives_what_fusing_and_halving_gives(fused, tmp_path):
    assert halve(fused["int32"], tmp_path / "half.onnx") == FULL
    ours, theirs = onnx.load(tmp_path / "half.onnx").graph, onnx.load(fused["fp16"]).graph
    assert kinds_of(ours.input) == kinds_of(theirs.input) == ["INT32"] * 3
    assert kinds_of(ours.output) == kinds_of(theirs.output)
    for part in ("node", "initializer"):
        ours_part, theirs_part = (
            sorted(one.SerializeToString(deterministic=True) for one in getattr(graph, part))
            for graph in (ours, theirs)
        )
        assert ours_part == theirs_part


def test_fusions_are_told_in_a_table_with_a_row_a_file(tiny_onnx, fused):
    found = {"exported": fused_counts(tiny_onnx), "fused": fused_counts(fused["fp32"])}
    head, plain, whole = fusion_table(found).splitlines()
    assert head.split() == list(FUSED_OPERATORS)
    assert plain.split() == ["exported", "0", "0", "0", "0"]
    assert whole.split() == ["fused", *(str(FULL[name]) for name in FUSED_OPERATORS)]
    assert len({len(line) for line in (head, plain, whole)}) == 1


def test_norms_may_stay_apart_and_a_session_joins_them_unless_told_not_to(fused):
    unfused = {**FULL, "SkipLayerNormalization": 0}
    assert check_fused(fused["norms"], 2, norms=False) == +Counter(unfused)
    with pytest.raises(FusionError, match="0 SkipLayerNormalization, not 4"):
        check_fused(fused["norms"], 2)

    def in_session(*without):
        return ops_in_session(fused["norms"], without=without).get(
            "com.microsoft.SkipLayerNormalization", 0
        )

    assert in_session() == 4
    assert in_session("SkipLayerNormFusion") == 0
