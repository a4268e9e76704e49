"""Cloud Vision behind the kinds' `Eyes` port: one request with all features, paid calls reserved, errors degraded."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from google.api_core import exceptions, retry

from shared.metrics import record
from shared.model.job import Warned
from shared.version import VERSION

from .kinds.port import Box, Color, Seen, TextLine

if TYPE_CHECKING:
    from google.cloud.vision import ImageAnnotatorClient

    from .paid import Meter

CALL_TIMEOUT: Final = 15.0  # seconds of one try
TOTAL_TIMEOUT: Final = 20.0  # seconds of all tries
MAX_COLORS: Final = 8
log = logging.getLogger(__name__)

TEXT, COLORS = "TEXT_DETECTION", "IMAGE_PROPERTIES"
LINE_ENDS: Final = (3, 5)  # TextAnnotation.DetectedBreak: EOL_SURE_SPACE, LINE_BREAK
SPACES: Final = (1, 2, 3)  # SPACE, SURE_SPACE, EOL_SURE_SPACE

UNAVAILABLE: Final = {
    TEXT: Warned(
        reason="TEXT_UNAVAILABLE",
        message="Text could not be read, because the reader did not answer. Everything else is complete.",
    ),
    COLORS: Warned(
        reason="COLORS_UNAVAILABLE",
        message="Colours could not be measured, because the service did not answer. Everything else is complete.",
    ),
}
OVER_BUDGET: Final = Warned(
    reason="BUDGET_EXHAUSTED", message="Some readings were left out: today's budget for paid services is used up."
)
SWITCHED_OFF: Final = Warned(
    reason="PROVIDER_DISABLED", message="Text and colours were left out: the operator has switched the service off."
)


class VisionEyes:
    """`Eyes` by google-cloud-vision. One per job."""

    def __init__(
        self,
        client: Callable[[], ImageAnnotatorClient],
        meter: Meter,
        *,
        prices: dict[str, int],
        enabled: bool,
        engine: str,
    ) -> None:
        """`prices`: micro-dollars by feature name. `engine`: what results say has read the picture."""
        self._client = client
        self._meter = meter
        self._prices = prices
        self._enabled = enabled
        self._engine = engine

    def see(self, jpeg: bytes, *, width: int, height: int, text: bool, colors: bool) -> Seen:
        """Read text lines and dominant colours; what cannot be had is None, and `degraded` says why."""
        wanted = [feature for feature, asked in ((TEXT, text), (COLORS, colors)) if asked]
        if not wanted:
            return Seen()
        if not self._enabled:
            return Seen(degraded=(SWITCHED_OFF,))
        call = _call(jpeg, wanted, self._engine)
        known = self._meter.answer(call)
        record("cache_lookups", cache="vision", result="hit" if known is not None else "miss")
        if known is not None:
            return msgspec.json.decode(known, type=Seen)
        payable = self._meter.reserve(call, {feature: self._prices[feature] for feature in wanted})
        if not payable:
            return Seen(degraded=(OVER_BUDGET,))
        self._meter.begin(call)
        try:
            answer = self._annotate(jpeg, payable)
        except (exceptions.GoogleAPICallError, exceptions.RetryError) as error:
            log.warning("Vision did not answer: %s", error)
            if isinstance(getattr(error, "cause", None) or error, exceptions.ClientError):
                self._meter.refuse(call)  # anything else may have been done and billed all the same
            return Seen(degraded=tuple(UNAVAILABLE[feature] for feature in wanted), engine=self._engine)
        seen = self._read(answer, width, height, wanted, payable)
        self._meter.end(call, None if answer.error.code else msgspec.json.encode(seen))
        return seen

    def _annotate(self, jpeg: bytes, features: Sequence[str]) -> Any:
        from google.cloud import vision

        request = vision.AnnotateImageRequest(
            image=vision.Image(content=jpeg),
            features=[vision.Feature(type_=getattr(vision.Feature.Type, feature)) for feature in features],
        )
        again = retry.Retry(
            predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.ResourceExhausted),
            initial=0.2,
            maximum=2.0,
            timeout=TOTAL_TIMEOUT,
        )
        answer = self._client().batch_annotate_images(requests=[request], retry=again, timeout=CALL_TIMEOUT)
        responses = vision.BatchAnnotateImagesResponse.pb(answer).responses
        if not responses:
            raise exceptions.ServiceUnavailable("Vision answered without saying anything of the picture")
        return responses[0]

    def _read(self, answer: Any, width: int, height: int, wanted: Sequence[str], payable: Sequence[str]) -> Seen:
        # An error can come inside an answer of 200, and what is filled in beside it is still right.
        text = tuple(lines(answer.full_text_annotation, width, height)) if TEXT in payable else None
        colors = tuple(dominant(answer.image_properties_annotation)) if COLORS in payable else None
        missing = [feature for feature in wanted if feature not in payable]
        degraded = [OVER_BUDGET] if missing else []
        if answer.error.code:
            empty = {TEXT: not text, COLORS: not colors}
            degraded += [UNAVAILABLE[feature] for feature in payable if empty[feature]]
            text, colors = text or None, colors or None
        return Seen(text=text, colors=colors, degraded=tuple(degraded), engine=self._engine)


def _call(jpeg: bytes, features: Sequence[str], engine: str) -> str:
    """The name of a call: the same picture, asked the same of the same engine by the same build."""
    question = "\n".join((*features, engine, VERSION))
    return hashlib.sha256(question.encode() + jpeg).hexdigest()[:32]


def lines(annotation: Any, width: int, height: int) -> Iterator[TextLine]:
    """The lines of a full text annotation, cut where Vision detected a line's end."""
    for page in annotation.pages:
        for block in page.blocks:
            for paragraph in block.paragraphs:
                yield from _paragraph(paragraph, width, height)


def dominant(properties: Any) -> Iterator[Color]:
    """Dominant colours, the largest first."""
    found = sorted(properties.dominant_colors.colors, key=lambda info: -info.pixel_fraction)
    for info in found[:MAX_COLORS]:
        channels = (info.color.red, info.color.green, info.color.blue)
        red, green, blue = (max(0, min(255, round(value))) for value in channels)
        share = max(0.0, min(1.0, float(info.pixel_fraction)))
        yield Color(hex=f"#{red:02x}{green:02x}{blue:02x}", red=red, green=green, blue=blue, share=round(share, 4))


def _paragraph(paragraph: Any, width: int, height: int) -> Iterator[TextLine]:
    text, corners, scores = "", [], []
    for word in paragraph.words:
        corners += list(word.bounding_box.vertices)
        scores.append(word.confidence or paragraph.confidence)
        for symbol in word.symbols:
            ending = symbol.property.detected_break.type_
            text += symbol.text + (" " if ending in SPACES else "")
            if ending in LINE_ENDS:
                yield from _line(text, corners, scores, width, height)
                text, corners, scores = "", [], []
    yield from _line(text, corners, scores, width, height)


def _line(text: str, corners: Sequence[Any], scores: Sequence[float], width: int, height: int) -> Iterator[TextLine]:
    if not text.strip() or not corners:
        return
    xs = [max(0, min(width, corner.x)) / width for corner in corners]
    ys = [max(0, min(height, corner.y)) / height for corner in corners]
    box = Box(
        left=round(min(xs), 4),
        top=round(min(ys), 4),
        width=round(max(xs) - min(xs), 4),
        height=round(max(ys) - min(ys), 4),
    )
    score = sum(scores) / len(scores)
    yield TextLine(text=text.strip()[:500], box=box, score=round(max(0.0, min(1.0, score)), 3))
