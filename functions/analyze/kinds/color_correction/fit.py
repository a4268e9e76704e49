"""Fits corrections to patches by least squares on CIEDE2000, many at once: all patches, and each one left out.

Levenberg-Marquardt with differences for derivatives: Marquardt (1963), An Algorithm for Least-Squares Estimation of
Nonlinear Parameters, J. SIAM 11(2), 431-441. Reweighted each time, so that the sum of differences counts rather than
the sum of their squares, and one bad patch draws less: Huber (1964), Robust Estimation of a Location Parameter.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from .adaptation import adaptation_matrix
from .difference import components_2000, delta_e_2000
from .model import BEND, COUNT, EXPONENT, LIGHT, MATRIX, OFFSET, ROOTS, neutral, predict
from .spaces import SRGB_TO_XYZ, WHITES, Floats, lab_to_xyz, xyz_to_lab

STEP: Final = 1e-5
ROUNDS: Final = 14
ROUNDS_HELD_OUT: Final = 4
SMALLEST: Final = 1.0  # ΔE00 below which all differences weigh the same
TO_LAB: Final = adaptation_matrix(WHITES["D65"], WHITES["D50"]) @ SRGB_TO_XYZ
# How far a number may be from neutral at the price of one ΔE00: it keeps few patches from saying much.
WIDTHS: Final = (
    (MATRIX, np.inf),
    (OFFSET, 0.02),
    (EXPONENT, 0.5),
    (BEND, 0.08),
    (ROOTS, 0.25),
    (LIGHT, 0.2),
)


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Patches to be fitted: measured linear light (n x 3), their places (n x 2), the reference L*a*b* under D50 (n x 3)
    and each patch's weight (n), 0 for one that is not to be trusted.
    """

    measured: Floats
    where: Floats
    reference: Floats
    weights: Floats
    floor: float


def to_lab(linear: Floats) -> Floats:
    """Linear sRGB as L*a*b* under D50."""
    return xyz_to_lab(linear @ TO_LAB.T, WHITES["D50"])


def shown_lab(linear: Floats) -> Floats:
    """L*a*b* under D50 of what an sRGB picture can show of it: clipped to 0 to 1."""
    return to_lab(np.clip(linear, 0.0, 1.0))


def evened_differences(problem: Problem, vectors: Floats) -> Floats:
    """ΔE00 of every patch (… x n) with the light evened out over the chart."""
    return delta_e_2000(shown_lab(predict(vectors, problem.measured, problem.where, problem.floor)), problem.reference)


def differences(problem: Problem, vectors: Floats) -> Floats:
    """ΔE00 of every patch (… x n) as a picture shows it, with the light as it was."""
    as_it_was = vectors.copy()
    as_it_was[..., LIGHT] = 0.0
    return evened_differences(problem, as_it_was)


def fit(problem: Problem, free: Floats, start: Floats | None = None) -> Floats:
    """The vector (COUNT) that fits all patches. `free` (COUNT x q) says how the q free numbers make up the vector."""
    begin = _start(problem, free) if start is None else start
    weights = (problem.weights / max(problem.weights.mean(), 1e-9))[None]
    return np.asarray(_solve(problem, free, begin[None], weights, ROUNDS)[0], dtype=np.float64)


def fit_without_each(problem: Problem, free: Floats, start: Floats) -> Floats:
    """For each patch the vector (n x COUNT) that fits the others, beginning with the fit of all, `start`."""
    count = len(problem.measured)
    weights = np.tile(problem.weights / max(problem.weights.mean(), 1e-9), (count, 1))
    np.fill_diagonal(weights, 0.0)
    return _solve(problem, free, np.tile(start, (count, 1)), weights, ROUNDS_HELD_OUT)


def _start(problem: Problem, free: Floats) -> Floats:
    """The matrix that fits linear light best, or only its diagonal where no more is free."""
    target = np.linalg.solve(TO_LAB, lab_to_xyz(problem.reference, WHITES["D50"]).T).T
    weight = np.sqrt(problem.weights)[:, None]
    vector = neutral()
    if free[MATRIX].any(axis=1).sum() == 9:
        solution, *_ = np.linalg.lstsq(problem.measured * weight, target * weight, rcond=None)
        vector[MATRIX] = solution.T.ravel()
    else:
        weighted = problem.measured * problem.weights[:, None]
        vector[MATRIX] = np.diag((weighted * target).sum(axis=0) / (weighted * problem.measured).sum(axis=0)).ravel()
    return vector


def _solve(problem: Problem, free: Floats, begin: Floats, weights: Floats, rounds: int) -> Floats:
    """Minimise for a batch: `begin` is batch x COUNT, `weights` batch x n."""
    batch, number = len(begin), free.shape[1]
    inverse_width, origin = _inverse_widths(), neutral()
    prior = (free * inverse_width[:, None]).T @ (free * inverse_width[:, None])

    def residuals(vectors: Floats) -> Floats:
        made = predict(vectors, problem.measured, problem.where, problem.floor)
        return components_2000(to_lab(made), problem.reference)

    def cost(vectors: Floats, found: Floats, trust: Floats) -> Floats:
        drawn = (((vectors - origin) * inverse_width) ** 2).sum(axis=-1)
        return np.asarray((trust[..., None] * found**2).sum(axis=(-1, -2)) + drawn, dtype=np.float64)

    vectors, damping = begin.copy(), np.full(batch, 1e-2)
    found = residuals(vectors)
    for _ in range(rounds):
        trust = weights / np.maximum(np.sqrt((found**2).sum(axis=-1)), SMALLEST)
        moved = vectors[:, None] + STEP * free.T[None]
        slope = (residuals(moved) - found[:, None]) / STEP  # batch x q x n x 3
        flat = slope.reshape(batch, number, -1)
        weighted = flat * np.repeat(trust, 3, axis=1)[:, None]
        hessian = weighted @ np.swapaxes(flat, 1, 2) + prior
        gradient = (weighted @ found.reshape(batch, -1, 1))[..., 0]
        gradient = gradient + ((vectors - origin) * inverse_width**2) @ free
        damped = hessian + damping[:, None, None] * np.einsum("bqq->bq", hessian)[:, :, None] * np.eye(number)
        step = np.linalg.solve(damped, gradient[..., None])[..., 0]
        tried = vectors - step @ free.T
        new = residuals(tried)
        better = cost(tried, new, trust) < cost(vectors, found, trust)
        vectors = np.where(better[:, None], tried, vectors)
        found = np.where(better[:, None, None], new, found)
        damping = np.where(better, damping * 0.2, damping * 10)
    return vectors


def _inverse_widths() -> Floats:
    widths = np.empty(COUNT)
    for part, width in WIDTHS:
        widths[part] = width
    return 1 / widths
