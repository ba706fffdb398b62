"""What an error says, in one line."""

import pytest

from helpers.errors import reason_of


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CUDA error: out of memory\nCUDA kernel errors might be", "CUDA error: out of memory"),
        (
            "backend='inductor' raised:\nRuntimeError: no kernel\nmore",
            "backend='inductor' raised: RuntimeError: no kernel",
        ),
        ("\n  spaced \n", "spaced"),
        ("ends in a colon:", "ends in a colon:"),
        ("", "RuntimeError"),
        ("x" * 999, "x" * 300),
    ],
)
def test_a_reason_is_one_line(text, told):
    assert reason_of(RuntimeError(text)) == told
