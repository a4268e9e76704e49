"""`python -m models.skin_lesion.train`: train, calibrate, measure, export, and write the model's card.

Without `--ham10000` it is trained on rendered look-alikes, and is a sample: it can be tried out and says nothing about
skin. Requirements: models/skin_lesion/requirements-train.txt, in an environment of their own.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch

from models.skin_lesion import card, metrics
from models.skin_lesion.evaluation import evaluate
from models.skin_lesion.examples import Examples, split
from models.skin_lesion.export import difference, export
from models.skin_lesion.ham10000 import read_folder
from models.skin_lesion.rendered import no_lesions, rendered
from models.skin_lesion.training import answers_of, train

CACHE: Final = Path("model-out/cache")


def main(arguments: list[str] | None = None) -> int:
    """Train as the arguments say; 0 if a model was written, 2 if the pictures cannot be used."""
    asked = _asked(arguments)
    began = time.monotonic()
    torch.set_num_threads(asked.threads)
    try:
        examples = _examples(asked)
        training, validation, test = split(examples, asked.seed)
    except ValueError as error:
        print(f"Cannot train on these pictures: {error}.", file=sys.stderr)
        return 2
    print(f"{len(training)} pictures to train on, {len(validation)} to calibrate on, {len(test)} to test on")
    trained = train(training, validation, epochs=asked.epochs, seed=asked.seed, report=print)
    lesion = validation.labels >= 0
    temperature = metrics.temperature(answers_of(trained.model, validation.squares)[lesion], validation.labels[lesion])
    figures = evaluate(answers_of(trained.model, test.squares), test, temperature)
    out = asked.out
    out.mkdir(parents=True, exist_ok=True)
    export(trained.model, out / "model.onnx")
    largest = difference(trained.model, out / "model.onnx", test.squares[:256])
    run = card.Run(
        version=asked.version,
        sample=asked.ham10000 is None,
        seed=asked.seed,
        epochs=asked.epochs,
        training=len(training),
        validation=len(validation),
        temperature=temperature,
        difference=largest,
        minutes=round((time.monotonic() - began) / 60, 1),
        cpu_minutes=round(_cpu_seconds() / 60, 1),
        weights=sum(parameter.numel() for parameter in trained.model.parameters()),
    )
    card.write(out, run, figures)
    print(f"balanced accuracy on lesions never seen: {figures['balancedAccuracy']:.1%}; written to {out}")
    return 0


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.skin_lesion.train", description=__doc__)
    parser.add_argument("--ham10000", type=Path, metavar="DIR", help="train on this folder, laid out as HAM10000")
    parser.add_argument("--lesions", type=int, default=240, help="rendered lesions of each class [%(default)s]")
    parser.add_argument("--epochs", type=int, default=22, help="[%(default)s]")
    parser.add_argument("--seed", type=int, default=7, help="[%(default)s]")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads [%(default)s]")
    parser.add_argument("--version", type=int, default=1, help="the version that the manifest names [%(default)s]")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where rendered pictures are kept [%(default)s]")
    parser.add_argument("--out", type=Path, default=Path("model-out/skin_lesion"), help="[%(default)s]")
    return parser.parse_args(arguments)


def _cpu_seconds() -> float:
    """Of this process and of those that rendered."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _examples(asked: argparse.Namespace) -> Examples:
    if asked.ham10000 is None:
        return rendered(asked.lesions, asked.seed, asked.cache, asked.threads)
    photographed = read_folder(asked.ham10000)
    # Rendered pictures of other things: HAM10000 has none, and the network shall be unsure of them, too.
    return photographed.joined(no_lesions(max(3, len(photographed) // 5), asked.seed, asked.threads))


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    sys.exit(main())
