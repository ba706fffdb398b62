"""The least time that arithmetic and memory allow, from peaks measured on this machine."""

from typing import Any

from transformers import BertConfig

from helpers.costs import bert_cost, weight_bytes
from helpers.peaks import Peaks, limit_ms

__all__ = ["limit_of"]


def limit_of(config: BertConfig, peaks: Peaks, *, batch: int = 1, length: int) -> dict[str, Any]:
    """What a record's `limit` holds.

    Args:
        config: the model's sizes.
        peaks: what the machine reached.
        batch: windows in one run.
        length: tokens of a window.

    Returns:
        FLOPs of one run, bytes of weights by precision, the peaks, and the least time in
        milliseconds by precision (None where there is no peak).
    """
    cost = bert_cost(config, batch=batch, length=length)
    weights = {precision: weight_bytes(config, precision) for precision in peaks.peak_gflops}
    least = {name: limit_ms(cost, weights[name], peaks, name) for name in weights}
    return {
        "flops": cost.flops,
        "linear_flops": cost.linear_flops,
        "attention_flops": cost.attention_flops,
        "weight_bytes": weights,
        "peak_gflops": {name: _rounded(peak) for name, peak in peaks.peak_gflops.items()},
        "bandwidth_gb_s": _rounded(peaks.bandwidth_gb_s),
        "limit_ms": {name: _rounded(value) for name, value in least.items()},
        "how": dict(peaks.how),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
