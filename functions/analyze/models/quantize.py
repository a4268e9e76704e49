"""A model in whole numbers: smaller, faster, and how much of it has stayed, measured on pictures it was not fitted to.

Static, in QDQ form, with calibration: onnxruntime's own quantisation, which needs the package `onnx`. It is a tool for
an operator's machine and is not deployed.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from msgspec.structs import replace

from . import examine, registry, trial
from .inference import Inference
from .manifest import Manifest
from .preprocess import tensor
from .session import Session
from .structure import BadModel

if TYPE_CHECKING:
    from .library import Library

SUFFIXES: Final = (".avif", ".jpeg", ".jpg", ".png", ".webp")
FEWEST: Final = 8  # pictures to calibrate on
MOST: Final = 500


class Report(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What quantising has changed. With labelled pictures (a folder for each label) also how often each is right."""

    calibrated_on: int
    compared_on: int
    agreement: float
    largest_difference: float
    accuracy: dict[str, float] = {}
    size: dict[str, int]
    run: dict[str, dict[str, float]]


def quantized(
    library: Library, manifest: Manifest, *, version: int, calibration: Path, held_out: Path | None
) -> dict[str, Any]:
    """Keep the quantised model as `version`, and report what has changed.

    The pictures in `calibration` (one folder, or one for each label) say which ranges numbers have; those in
    `held_out` compare the two models. Without `held_out` every fourth picture is kept for that. Raises BadModel.
    """
    if manifest.input.type != "float32":
        raise BadModel(f"its input is {manifest.input.type}: only models that take float32 are quantised")
    if manifest.task == "embed":
        raise BadModel("vectors of two models cannot be compared, so an embed model is not quantised")
    fitted, compared = _split(calibration, held_out)
    model = library.verified(manifest, prepared=False)
    small = _static(model, manifest, [tensor(shown.pixels, manifest.input) for shown in fitted])
    said = replace(manifest, version=version, sha256="", size=0, prepared=None, threads=0)
    before, after = (_answers(data, said, compared) for data in (model, small))
    report = _report(manifest, compared, before, after, fitted=len(fitted))
    report = replace(report, size={"before": len(model), "after": len(small)})
    whole = replace(said, metrics={**said.metrics, "quantized": _figures(manifest, report)})
    added = registry.add(library, small, whole, _card(library, manifest, whole, report))
    again, _ = examine.tried(model, manifest)
    return {
        "manifest": added.manifest,
        "verdict": added.verdict,
        "report": replace(report, run={"before": again.run, "after": added.verdict.run}),
    }


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, and the label of the folder that it lies in."""

    pixels: Any
    label: str


def _split(calibration: Path, held_out: Path | None) -> tuple[list[Shown], list[Shown]]:
    refused: Counter[str] = Counter()
    found = list(_pictures(calibration, refused))
    if held_out is not None:
        fitted, compared = found, list(_pictures(held_out, refused))
    else:
        fitted = [shown for at, shown in enumerate(found) if at % 4]
        compared = found[::4]
    if len(fitted) < FEWEST or not compared:
        why = ", ".join(f"{count} {reason}" for reason, count in refused.most_common())
        raise BadModel(
            f"there are {len(fitted)} pictures to calibrate on and {len(compared)} to compare with; at least {FEWEST} "
            f"and 1 are needed" + (f" (left out as no photo could be analysed like this: {why})" if why else "")
        )
    return fitted, compared


def _pictures(folder: Path, refused: Counter[str]) -> Iterator[Shown]:
    """The pictures of a folder, read as the intake reads photos; what it refuses is left out."""
    from ..intake.guard import Guard

    if not folder.is_dir():
        raise BadModel(f"{folder} is not a folder")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    with Guard() as guard:
        for path in files[:MOST]:
            judged = guard.judge(path.read_bytes())
            if judged.pixels is not None:
                yield Shown(pixels=judged.pixels, label=path.parent.name if path.parent != folder else "")
            else:
                refused[judged.reason or "UNREADABLE"] += 1


def _static(model: bytes, manifest: Manifest, batch: Sequence[Any]) -> bytes:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    name = manifest.input.name or examine.declared(model).inputs[0].name

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(batch)

        def get_next(self) -> dict[str, Any] | None:
            one = next(self._left, None)
            return None if one is None else {name: np.expand_dims(one, 0)}

    with tempfile.TemporaryDirectory(prefix="loupe-quantize-") as folder:
        plain, inferred, small = (Path(folder) / f"{part}.onnx" for part in ("plain", "inferred", "small"))
        plain.write_bytes(model)
        quant_pre_process(str(plain), str(inferred), skip_symbolic_shape=True)
        quantize_static(
            str(inferred),
            str(small),
            Reader(),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )
        return small.read_bytes()


def _answers(data: bytes, manifest: Manifest, shown: Sequence[Shown]) -> list[Any]:
    return trial.ask(Inference(Session(data, manifest), manifest), manifest, [one.pixels for one in shown])


def _report(
    manifest: Manifest, shown: Sequence[Shown], before: Sequence[Any], after: Sequence[Any], *, fitted: int
) -> Report:
    keys = [label.key for label in manifest.labels]
    one, two = ([_top(answer, keys) for answer in answers] for answers in (before, after))
    labelled = [(at, each.label) for at, each in enumerate(shown) if each.label in keys]
    right = {
        name: round(sum(tops[at] == label for at, label in labelled) / len(labelled), 4)
        for name, tops in (("before", one), ("after", two))
        if labelled
    }
    scores = [abs(_score(a) - _score(b)) for a, b in zip(before, after, strict=True)]
    return Report(
        calibrated_on=fitted,
        compared_on=len(shown),
        agreement=round(sum(a == b for a, b in zip(one, two, strict=True)) / len(shown), 4),
        largest_difference=round(max(scores), 4),
        accuracy=right,
        size={},
        run={},
    )


def _top(answer: Any, keys: Sequence[str]) -> Any:
    """The first label, or of a detector the labels found and how often."""
    if answer and isinstance(answer[0], float):
        return keys[answer.index(max(answer))]
    return sorted(keys[spotted.label] for spotted in answer)


def _score(answer: Any) -> float:
    if answer and isinstance(answer[0], float):
        return float(max(answer))
    return float(answer[0].score) if answer else 0.0


def _figures(manifest: Manifest, report: Report) -> dict[str, Any]:
    return {
        "from": manifest.version,
        "calibratedOn": report.calibrated_on,
        "comparedOn": report.compared_on,
        "agreement": report.agreement,
        "largestDifference": report.largest_difference,
        **({"accuracy": report.accuracy} if report.accuracy else {}),
    }


def _card(library: Library, manifest: Manifest, whole: Manifest, report: Report) -> str:
    """The card of the model it was made of, and what has changed; other metrics in it are those of that model."""
    before = registry.card(library, manifest.name, manifest.version) or registry.drafted_card(manifest)
    right = "".join(
        f" Of the labelled ones {share:.1%} are right {when} quantising." for when, share in report.accuracy.items()
    )
    return (
        f"{before.rstrip()}\n\n## Version {whole.version}: in whole numbers (INT8)\n\n"
        f"Quantised statically from version {manifest.version}, calibrated on {report.calibrated_on} pictures. On "
        f"{report.compared_on} others its first answer is the same in {report.agreement:.1%}; the largest difference "
        f"of a score is {report.largest_difference:.3f}.{right} All other metrics above are those of version "
        f"{manifest.version}.\n"
    )
