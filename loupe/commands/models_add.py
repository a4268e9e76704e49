"""`loupe models add`: a model comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from loupe.commands.places import ask, place_options, show
from loupe.trouble import Misuse


@click.command(short_help="Add one.")
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="MODEL.onnx|FOLDER")
@click.option("--manifest", type=click.Path(dir_okay=False, path_type=Path), help="Its manifest.  [default: beside it]")
@click.option("--card", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its card (CARD.md).")
@click.option("--promote", is_flag=True, help="And have @stable point to it.")
@click.option("--name", help="What it is called: small letters, digits and _.")
@click.option("--task", type=click.Choice(["classify", "detect", "embed"]), default="classify", show_default=True)
@click.option("--labels", metavar="A,B,…", help="Its labels in order, or @FILE with one a line; KEY=NAME shows NAME.")
@click.option("--size", metavar="WxH", help="Of its input, where the file leaves that open.")
@click.option("--layout", type=click.Choice(["NCHW", "NHWC", "FLAT"]), help="Of its input.  [default: as the shape is]")
@click.option("--color-order", type=click.Choice(["RGB", "BGR", "GRAY"]), help="[default: RGB]")
@click.option("--mean", metavar="N[,N,N]", help="Subtracted after scaling, as in 0.485,0.456,0.406.")
@click.option("--std", metavar="N[,N,N]", help="Divided by after that, as in 0.229,0.224,0.225.")
@click.option("--scale", type=float, help="Multiplied with first.  [default: 1/255]")
@click.option("--fit", type=click.Choice(["crop", "pad", "squash"]), help="How a picture comes to the size.")
@click.option("--output", metavar="NAME", help="The output that holds the answer, where there are several.")
@click.option("--decoding", type=click.Choice(["softmax", "sigmoid", "probabilities", "yolo", "none"]))
@click.option("--objectness", is_flag=True, help="YOLO: rows have an objectness before the scores (v5, v7).")
@click.option("--channels-last", is_flag=True, help="YOLO: the output is [1, boxes, numbers] (v5, v7).")
@click.option("--box-format", type=click.Choice(["cxcywh", "xyxy"]), help="YOLO: what a box is.  [default: cxcywh]")
@click.option("--score-threshold", type=click.FloatRange(0, 1), help="YOLO: boxes below are left out.")
@click.option("--iou-threshold", type=click.FloatRange(0, 1), help="YOLO: how far boxes of one label may overlap.")
@click.option("--temperature", type=click.FloatRange(0.01, 100), help="Divides logits, from calibration.  [default: 1]")
@click.option("--sample/--no-sample", default=None, help="Whether it is only to show how things work.")
@click.option("--licence", help="Its licence.")
@click.option("--training-data", help="What it was trained on, in a sentence.")
@click.option("--description", help="What it is for, in a sentence.")
@place_options
def add(path: Path, manifest: Path | None, card: Path | None, promote: bool, **given: Any) -> None:
    """Examine a model and keep it as a new version.

    With a manifest.json beside it, or --manifest, that says what the model is. Without one it is made of the options:
    what the file does not tell has to be said.
    """
    from loupe.view.models import added, moved

    place = {name: given.pop(name) for name in ("data", "bucket", "folder", "as_json")}
    beside = manifest or (path if path.is_dir() else path.parent) / "manifest.json"
    asked: dict[str, Any] = {"path": str(path.resolve()), "card": str(card.resolve()) if card else ""}
    if beside.is_file():
        if given["name"]:
            raise Misuse(f"{beside} says what the model is: leave out --name and what goes with it, or move the file.")
        asked |= {"manifest": str(beside.resolve()), "said": {}}
    else:
        asked |= {"said": _said(given)}
    answer = ask("add", place, **asked)
    show(answer, place, added)
    if promote:
        version = f"{answer['manifest']['name']}/{answer['manifest']['version']}"
        told = ask("promote", place, model=version, alias="stable", reason="added")
        if not place["as_json"]:
            show(told, place, moved)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """Fields of the manifest, out of the options."""
    needed = ("name", "licence", "training_data", *(() if given["task"] == "embed" else ("labels",)))
    missing = ["--" + name.replace("_", "-") for name in needed if not given[name]]
    missing += ["--sample or --no-sample"] if given["sample"] is None else []
    if missing:
        raise Misuse(f"There is no manifest.json beside the model, so this has to be said: {', '.join(missing)}.")
    boxes = {"objectness": given["objectness"], "channelsFirst": not given["channels_last"]}
    boxes |= _known(
        format=given["box_format"], scoreThreshold=given["score_threshold"], iouThreshold=given["iou_threshold"]
    )
    told = _known(
        name=given["name"],
        task=given["task"],
        licence=given["licence"],
        trainingData=given["training_data"],
        description=given["description"],
        temperature=given["temperature"],
        size=_size(given["size"]),
    )
    picture = _known(
        layout=given["layout"],
        colorOrder=given["color_order"],
        mean=_numbers(given["mean"]),
        std=_numbers(given["std"]),
        scale=given["scale"],
        fit=given["fit"] or ("pad" if given["task"] == "detect" else None),
    )
    answer = _known(name=given["output"], decoding=given["decoding"])
    if given["task"] == "detect":
        answer["boxes"] = boxes
    return {**told, "sample": given["sample"], "labels": _labels(given["labels"]), "input": picture, "output": answer}


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _labels(text: str | None) -> list[str]:
    if not text:
        return []
    if text.startswith("@"):
        return [line.strip() for line in Path(text[1:]).read_text().splitlines() if line.strip()]
    return [part.strip() for part in text.split(",")]


def _size(text: str | None) -> list[int] | None:
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not width.isdecimal() or not (height or width).isdecimal():
        raise Misuse(f"{text!r} is no size: write 224, or 640x480")
    return [int(width), int(height or width)]


def _numbers(text: str | None) -> list[float] | None:
    try:
        return None if text is None else [float(part) for part in text.split(",")]
    except ValueError as error:
        raise Misuse(f"{text!r} is no list of numbers: write 0.5, or 0.485,0.456,0.406") from error
