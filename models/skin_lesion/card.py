"""What is written beside `model.onnx`: the manifest that the runtime reads, and the card that people read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.skin_lesion import confusion
from models.skin_lesion.examples import LABELS
from models.skin_lesion.pictures import MEAN, SIDE, STD

NAMES: Final = {
    "akiec": "Actinic keratosis or intraepithelial carcinoma",
    "bcc": "Basal cell carcinoma",
    "bkl": "Keratosis-like lesion",
    "df": "Dermatofibroma",
    "mel": "Melanoma",
    "nv": "Melanocytic naevus",
    "vasc": "Vascular lesion",
}
RENDERED: Final = (
    "Pictures rendered by models/skin_lesion/look: synthetic look-alikes of the seven classes of HAM10000, and "
    "rendered pictures of other things. Not one photo of skin."
)
PHOTOGRAPHED: Final = "A folder in the layout of HAM10000 (CC BY-NC 4.0), and rendered pictures of other things."
NOT_A_DEVICE: Final = "For research and education. Not a medical device; not for diagnosis, triage or treatment."
TEMPLATE: Final = Path(__file__).with_name("card-template.md")


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a model came to be. `difference`: the largest of any logit between ONNX and PyTorch."""

    version: int
    sample: bool
    seed: int
    epochs: int
    training: int
    validation: int
    temperature: float
    difference: float
    minutes: float
    cpu_minutes: float
    weights: int


def write(folder: Path, run: Run, figures: Mapping[str, Any]) -> None:
    """Write manifest.json, CARD.md and confusion.png beside the folder's model.onnx."""
    model = (folder / "model.onnx").read_bytes()
    manifest = json.dumps(_manifest(model, run, figures), indent=2) + "\n"
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    (folder / "CARD.md").write_text(_card(model, run, figures), encoding="utf-8")
    title = "Rendered pictures, held out" if run.sample else "Pictures of lesions held out"
    confusion.picture(figures["confusion"], LABELS, title).save(folder / "confusion.png", optimize=True)


def _manifest(model: bytes, run: Run, figures: Mapping[str, Any]) -> dict[str, Any]:
    what = "Sample trained on rendered look-alikes" if run.sample else "Trained on photos in the layout of HAM10000"
    return {
        "schemaVersion": 1,
        "name": "skin_lesion",
        "version": run.version,
        "task": "classify",
        "description": f"{what}; seven labels of HAM10000. {NOT_A_DEVICE}",
        "input": {
            "name": "pixels",
            "width": SIDE,
            "height": SIDE,
            "layout": "NCHW",
            "mean": list(MEAN),
            "std": list(STD),
            "colorOrder": "RGB",
            "fit": "crop",
        },
        "labels": [{"key": label, "name": NAMES[label]} for label in LABELS],
        "output": {"name": "logits", "decoding": "softmax"},
        "temperature": run.temperature,
        "sample": run.sample,
        "licence": "Apache-2.0" if run.sample else "CC-BY-NC-4.0",
        "trainingData": RENDERED if run.sample else PHOTOGRAPHED,
        "metrics": {name: figures[name] for name in figures if name != "confusion"},
        "sha256": hashlib.sha256(model).hexdigest(),
        "size": len(model),
    }


def _card(model: bytes, run: Run, figures: Mapping[str, Any]) -> str:
    kind = "a sample, trained on rendered pictures" if run.sample else "trained on photos"
    others = figures["others"]
    rows = {
        "Balanced accuracy": _percent(figures["balancedAccuracy"]),
        "Expected calibration error, 15 bins": _percent(figures["calibrationError"]),
        "… before calibration": _percent(figures["calibrationErrorUncalibrated"]),
        "Below 50 %: inconclusive": _percent(figures["inconclusive"]),
        "From 80 %: label-specific": _percent(figures["specific"]),
        "… of these answered right": _percent(figures["rightWhereSpecific"]),
        "Pictures of no lesion that would be shown a label": _percent(others.get("labelShown")),
        "… that would be given label-specific advice": _percent(others.get("specific")),
    }
    tones = figures["balancedAccuracyByTone"]
    rows |= {f"Balanced accuracy on {tone} skin": _percent(value) for tone, value in tones.items()}
    return TEMPLATE.read_text(encoding="utf-8").format(
        version=run.version,
        kind=kind,
        warning=_warning(run),
        data=RENDERED if run.sample else PHOTOGRAPHED,
        run=run,
        test=figures,
        others=others.get("pictures", 0),
        figures="\n".join(f"| {name} | {value} |" for name, value in rows.items()),
        auc="\n".join(f"| {label} | {NAMES[label]} | {figures['auc'][label]:.3f} |" for label in LABELS),
        sha256=hashlib.sha256(model).hexdigest(),
        kilobytes=round(len(model) / 1000),
        temperature=run.temperature,
        difference=f"{run.difference:.1e}",
        side=SIDE,
        licence="Apache-2.0" if run.sample else "CC BY-NC 4.0, as HAM10000: not for commercial use",
    )


def _warning(run: Run) -> str:
    if run.sample:
        return (
            "**This is a sample.** It has never seen skin: a program drew every picture it was trained and measured "
            "on. Its figures say that the pipeline works. They say nothing about lesions, and its answers about a "
            "photo of skin mean nothing."
        )
    return (
        "**This is a research model.** Its figures are those of one held-out part of one data set; they do not carry "
        "over to other cameras, clinics or people."
    )


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"
