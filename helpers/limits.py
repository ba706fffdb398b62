"""The least time that arithmetic and memory allow, from peaks measured on this machine."""

from collections.abc import Sequence
from typing import Any

from transformers import BertConfig

from helpers.costs import Cost, bert_cost, weight_bytes
from helpers.errors import reason_of
from helpers.peaks import Peaks, higher, measure_peaks

__all__ = ["limit_ms", "limit_of", "peaks_or_none"]


def peaks_or_none(
    precisions: Sequence[str], *, device: str, threads: int, before: Peaks | None = None
) -> Peaks | None:
    """What this machine reaches; where it cannot be measured, that is told.

    Args:
        precisions: which.
        device: `cpu` or `cuda`.
        threads: threads to compute with.
        before: what was measured earlier; of each figure the higher one counts, as whatever else
            happens on a machine makes it slower and never faster.

    Returns:
        The peaks; `before`, which may be None, where they cannot be measured now.
    """
    print("measuring what this machine reaches in matrix products and memory")
    try:
        now = measure_peaks(device=device, threads=threads, precisions=precisions)
    except Exception as error:  # no memory for it, or a device that no longer answers
        kept = "those from before stay" if before else "the record has no limits"
        print(f"not measured, so {kept}: {reason_of(error)}")
        return before
    return now if before is None else higher(before, now)


def limit_ms(cost: Cost, weight_bytes: int, peaks: Peaks, precision: str) -> float | None:
    """The least time of one inference, in milliseconds, that arithmetic and memory allow.

    All FLOPs at the peak, or all weights read once at full bandwidth, whichever takes longer: at
    best the two go on at the same time. All FLOPs count in the one precision, although engines
    compute some of them in a wider one. Where the weights fit into the processor's caches, memory
    is no bound, and for so small a model arithmetic alone decides as a rule.

    Args:
        cost: the arithmetic.
        weight_bytes: bytes of weights in that precision.
        peaks: what the machine reaches.
        precision: which of its peaks.

    Returns:
        Milliseconds; None where there is no peak for the precision.
    """
    peak = peaks.peak_gflops.get(precision)
    if peak is None:
        return None
    computing = cost.flops / (peak * 1e9)
    reading = weight_bytes / (peaks.bandwidth_gb_s * 1e9)
    return 1000 * max(computing, reading)


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
