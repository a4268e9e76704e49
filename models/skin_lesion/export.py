"""The network as ONNX, and the proof that it answers what the network answers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import nn

from models.skin_lesion.pictures import SIDE, tensors
from models.skin_lesion.training import answers_of

OPSET: Final = 18
TOLERANCE: Final = 1e-3  # of logits; float32 sums in another order


def export(model: nn.Module, file: Path) -> None:
    """Write the network, weights inside the file, with a batch of any size."""
    model.eval()
    example = torch.zeros(2, 3, SIDE, SIDE)
    program = torch.onnx.export(
        model,
        (example,),
        input_names=["pixels"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    made = program.model_proto
    for node in made.graph.node:  # where in the source a node came from is nobody's business
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*made.graph.value_info, *made.graph.input, *made.graph.output, *made.graph.initializer):
        del value.metadata_props[:]
    del made.graph.metadata_props[:]
    made.doc_string, made.graph.doc_string = "", ""
    onnx.checker.check_model(made, full_check=True)
    onnx.save_model(made, file)


def difference(model: nn.Module, file: Path, squares: npt.NDArray[np.uint8]) -> float:
    """The largest difference of any logit between the file and the network. Raises ValueError above TOLERANCE."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    answered = session.run(None, {session.get_inputs()[0].name: tensors(squares)})[0]
    largest = float(np.abs(answered - answers_of(model, squares)).max())
    if not largest <= TOLERANCE:
        raise ValueError(
            f"the exported model differs from the trained one by {largest:.2g}; {TOLERANCE:.0e} is allowed"
        )
    return largest
