"""The kinds of ONNX operators, and the one colour of each: the same in all pictures and charts."""

__all__ = ["PALETTE", "kind_of"]

PALETTE = {
    "arithmetic and logic": ("#A0BFE3", "#00559A"),
    "matrix product, convolution": ("#EEB593", "#942D00"),
    "activation, normalisation": ("#BDFBD8", "#39A763"),
    "shape and copy": ("#F1EC85", "#A59800"),
    "control flow": ("#CCAFB6", "#D577AA"),
    "other": ("#E4EBFF", "#564B4E"),
}
"""Face and edge of each kind. They were searched for, from the hues of Okabe and Ito's palette on:
two faces are 18 CIELAB units apart at the least, and two edges 29, also for eyes without red, green
or blue cones, as Machado, Oliveira and Fernandes (2009) simulate them. The type stands in every
box besides, so that nobody must tell colours apart."""

_OPERATORS = {
    "arithmetic and logic": (
        "Abs Add And Ceil Clip CumSum Div Equal Exp Floor Greater GreaterOrEqual IsNaN Less "
        "LessOrEqual Log Max Mean Min Mod Mul Neg Not Or Pow Range Reciprocal ReduceMax ReduceMean "
        "ReduceMin ReduceProd ReduceSum Round Sign Sqrt Sub Sum Where Xor"
    ),
    "matrix product, convolution": (
        "Attention Conv ConvInteger ConvTranspose DynamicQuantizeLSTM DynamicQuantizeMatMul Einsum "
        "FusedMatMul GRU Gemm LSTM MatMul MatMulInteger MatMulIntegerToFloat MatMulNBits "
        "MultiHeadAttention QAttention QGemm QLinearConv QLinearMatMul RNN"
    ),
    "activation, normalisation": (
        "BatchNormalization BiasGelu Dropout Elu EmbedLayerNormalization Erf FastGelu Gelu "
        "LayerNormalization LeakyRelu LogSoftmax PRelu QuickGelu Relu Selu Sigmoid "
        "SkipLayerNormalization Softmax Softplus Tanh"
    ),
    "shape and copy": (
        "ArgMax Cast CastLike Compress Concat Constant ConstantOfShape Expand Flatten Gather "
        "GatherElements GatherND Identity NonZero Pad Reshape Resize ScatterElements ScatterND "
        "Shape Size Slice Split Squeeze Tile TopK Transpose Trilu Unsqueeze"
    ),
    "control flow": "If Loop Scan SequenceMap",
}
_KIND_OF = {op: kind for kind, ops in _OPERATORS.items() for op in ops.split()}


def kind_of(op_type: str) -> str:
    """The kind of an operator, by which it is coloured: a key of `PALETTE`."""
    return _KIND_OF.get(op_type, "other")
