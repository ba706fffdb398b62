"""The ladder: every rung by its name, from plain PyTorch to the fastest."""

from helpers.errors import InputError
from helpers.quantization import needs_reduce_range
from helpers.rungs import (
    Rung,
    bound_rung,
    onnxruntime_rung,
    openvino_needs,
    openvino_rung,
    torch_needs,
    torch_rung,
)
from helpers.sessions import tensorrt_needs
from helpers.steps import Kit, Step

__all__ = ["LADDER", "QUICK", "choose"]


def _torch(slug: str, name: str, device: str, precision: str, form: str = "eager") -> Step:
    compiled = form == "compiled"

    def make(kit: Kit) -> Rung:
        attention = "sdpa" if compiled else form
        options = {"precision": precision, "attention": attention, "compiled": compiled}
        shape = {"length": kit.length} if compiled else {}
        return torch_rung(kit.files.model, device=kit.device, name=name, **options, **shape)

    def needs(kit: Kit) -> str | None:
        return torch_needs(precision, compiled, kit.device)

    return Step(slug, name, device, make, needs=needs)


def _ort(
    slug: str, name: str, device: str, precision: str, file: str, without: tuple[str, ...] = ()
) -> Step:
    def make(kit: Kit) -> Rung:
        return onnxruntime_rung(
            getattr(kit.files, file),
            name=name,
            device=kit.device,
            threads=kit.threads,
            precision=precision,
            calibrated_on=kit.calibrated_on if file == "int8_static" else None,
            notes=_notes(precision),
            without=without,
        )

    return Step(slug, name, device, make, file=file)


def _notes(precision: str) -> str | None:
    if precision != "int8" or not needs_reduce_range():
        return None
    return "weights in 7 bits (reduce_range): this processor has no VNNI"


def _bound(slug: str, name: str, *, graph: bool) -> Step:
    def make(kit: Kit) -> Rung:
        return bound_rung(
            kit.files.fused_fp16,
            name=name,
            device=kit.device,
            graph=graph,
            precision="fp16",
            length=kit.length,
        )

    return Step(slug, name, "cuda", make, file="fused_fp16")


def _openvino(slug: str, name: str, precision: str) -> Step:
    file = "openvino_int8" if precision == "int8" else "exported"

    def make(kit: Kit) -> Rung:
        return openvino_rung(
            getattr(kit.files, file),
            name=name,
            precision=precision,
            threads=kit.threads,
            length=kit.length,
            calibrated_on=kit.calibrated_on if precision == "int8" else None,
            notes=_notes(precision),
        )

    return Step(slug, name, "cpu", make, file=file, needs=lambda kit: openvino_needs(precision))


def _tensorrt(kit: Kit) -> Rung:
    name = "ONNX Runtime TensorRT"
    return onnxruntime_rung(kit.files.exported, name=name, device="tensorrt", precision="fp16")


# fmt: off
LADDER: tuple[Step, ...] = (
    _torch("torch-eager", "PyTorch eager", "any", "fp32"),
    _torch("torch-sdpa", "PyTorch sdpa", "cpu", "fp32", "sdpa"),
    _torch("torch-bf16", "PyTorch sdpa bf16", "cpu", "bf16", "sdpa"),
    _torch("torch-compiled", "PyTorch compiled", "cpu", "fp32", "compiled"),
    _torch("torch-compiled-bf16", "PyTorch compiled bf16", "cpu", "bf16", "compiled"),
    _torch("torch-tf32", "PyTorch eager TF32", "cuda", "tf32"),
    _torch("torch-fp16", "PyTorch sdpa fp16", "cuda", "fp16", "sdpa"),
    _torch("torch-compiled-fp16", "PyTorch compiled fp16", "cuda", "fp16", "compiled"),
    _ort("ort-exported", "ONNX Runtime as exported", "any", "fp32", "exported"),
    _ort("ort-fused", "ONNX Runtime fused", "any", "fp32", "fused"),
    _ort("ort-int8-dynamic", "ONNX Runtime dynamic int8", "cpu", "int8", "int8_dynamic"),
    _ort(
        "ort-int8-norms-apart", "ONNX Runtime dynamic int8, norms apart", "cpu", "int8",
        "int8_norms_apart", without=("SkipLayerNormFusion",),
    ),
    _ort("ort-int8-static", "ONNX Runtime static int8", "cpu", "int8", "int8_static"),
    _ort("ort-fp16", "ONNX Runtime fused fp16", "cuda", "fp16", "fused_fp16"),
    _bound("ort-fp16-bound", "ONNX Runtime fp16, IO binding", graph=False),
    _bound("ort-fp16-graph", "ONNX Runtime fp16, CUDA graph", graph=True),
    Step(
        "ort-tensorrt", "ONNX Runtime TensorRT", "cuda", _tensorrt, file="exported",
        needs=lambda kit: tensorrt_needs(),
    ),
    _openvino("openvino-fp32", "OpenVINO fp32", "fp32"),
    _openvino("openvino-bf16", "OpenVINO bf16", "bf16"),
    _openvino("openvino-int8", "OpenVINO int8", "int8"),
)
# fmt: on
"""Every rung, from the first that the others are compared with to the last."""

QUICK = ("torch-eager", "ort-exported", "ort-fused", "ort-int8-dynamic")
"""What RUNGS=quick means."""


def choose(names: str, device: str) -> list[Step]:
    """The steps that a RUNGS= setting names, in the ladder's order.

    Args:
        names: `all` (every rung of the device), `quick`, or short names with commas between.
        device: `cpu` or `cuda`.

    Raises:
        InputError: there is no such rung, or it is for the other device.
    """
    here = {step.slug: step for step in LADDER if step.device in ("any", device)}
    asked = [name.strip() for name in names.split(",") if name.strip()]
    if asked in (["all"], ["quick"]):
        return [step for slug, step in here.items() if asked == ["all"] or slug in QUICK]
    known = {step.slug: step for step in LADDER}
    for name in asked:
        if name not in known:
            raise InputError(
                f"RUNGS={name}: no such rung; use all, quick, or some of {', '.join(here)}"
            )
        if name not in here:
            raise InputError(
                f"RUNGS={name}: runs on {known[name].device} alone; "
                f"with DEVICE={device} use some of {', '.join(here)}"
            )
    if not asked:
        raise InputError(f"RUNGS={names}: names no rung; use all, quick, or {', '.join(here)}")
    return [step for slug, step in here.items() if slug in asked]
