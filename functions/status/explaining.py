"""What is the same for everybody, and asks for no token: what labels stand for, and what is asked of a photo."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from shared.diseases.info import FILES, explained
from shared.diseases.locales import closest
from shared.errors import NotFound
from shared.http.answers import FOR_ALL, tagged_answer
from shared.http.bodies import read_query
from shared.model.quality import default_policy

from .contract import Labels, LabelsQuery
from .services import Services


def list_labels(_: Services, request: Request, kind: str) -> Response:
    """`GET /v1/kinds/{kind}/labels`: every label of a kind, explained. Raises LABELS_NOT_FOUND."""
    locale = closest(read_query(request, LabelsQuery).locale)
    found = explained(kind, locale)
    if not found:
        kinds = ", ".join(sorted(FILES))
        message = f"This kind has no labels that are explained. Use one of: {kinds}."
        raise NotFound("LABELS_NOT_FOUND", message, kinds=kinds)
    return tagged_answer(request, Labels(kind=kind, locale=locale, labels=tuple(found.values())), kept=FOR_ALL)


def get_quality_policy(_: Services, request: Request) -> Response:
    """`GET /v1/policies/quality`: what analyze asks of a photo, so that an app can warn before it uploads one."""
    return tagged_answer(request, default_policy(), kept=FOR_ALL)
