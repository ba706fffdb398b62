"""A profile added up: medians of kernels, sums of operators, and what lies between."""

import json

import onnxruntime
import pytest

from helpers.errors import InputError
from helpers.exports import feeds
from helpers.profiles import BETWEEN, operator_times


def kernel(operator, index, microseconds):
    arguments = {"op_name": operator, "node_index": index}
    return {"cat": "Node", "name": f"{operator}_{index}", "dur": microseconds, "args": arguments}


def run(microseconds):
    return {"cat": "Session", "name": "model_run", "dur": microseconds, "args": {}}


def test_each_kernel_counts_with_its_median_and_operators_add_up():
    events = [{"cat": "Session", "name": "session_initialization", "dur": 5000, "args": {}}]
    for slow in (0, 900, 0):
        events += [kernel("MatMul", "1", 100 + slow), kernel("MatMul", "4", 200)]
        events += [kernel("Softmax", "2", 30), run(350 + slow)]
    assert operator_times(events) == {
        BETWEEN: (0, 0.02),
        "MatMul": (2, pytest.approx(0.3)),
        "Softmax": (1, 0.03),
    }


def test_a_profile_without_a_run_is_refused():
    with pytest.raises(InputError, match=r"hold no run .*end_profiling"):
        operator_times([kernel("MatMul", "1", 100)])


def test_a_real_profile_is_read(tiny_onnx, case_windows, tmp_path):
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / "profile")
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(tiny_onnx), options, providers=providers)
    for feed in feeds(case_windows.inputs(slice(3))):
        session.run(None, feed)
    with open(session.end_profiling(), encoding="utf-8") as file:
        times = operator_times(json.load(file))
    assert times[BETWEEN][0] == 0
    assert all(count > 0 for name, (count, _) in times.items() if name != BETWEEN)
    products = sum(count for name, (count, _) in times.items() if "MatMul" in name)
    assert products == 2 * 8 + 1  # 2 layers of eight, and the head
