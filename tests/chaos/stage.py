"""The analyze function on a model of the cloud: its own code, with documents and objects in memory, and a Vision that
is asked by Google's client over the wire and answers as it is told."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.cloud import vision
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport

from functions.analyze.delivery import deliver
from functions.analyze.intake.verdict import Judged, Picture, Pixels, Quality
from functions.analyze.kinds.port import Tools
from functions.analyze.models.runtime import Shelf
from functions.analyze.services import Services
from functions.analyze.settings import Settings
from functions.analyze.vision import COLORS, TEXT, VisionEyes
from shared.auth.keys import KeySet
from shared.documents import to_document
from shared.events import notification
from shared.jobs.outbox import Topic
from shared.jobs.protocol import Arrival
from shared.jobs.store import Jobs
from shared.model.job import KEPT, Job, JobImage, object_name
from shared.model.quality import default_policy
from shared.switches import SwitchBoard
from tests.chaos.killing import lives
from tests.chaos.memory import documents
from tools.chaos.database import ModelDatabase

T0 = datetime(2026, 1, 1, tzinfo=UTC)
JOB = "abcdefghij0123456789"
PHOTO = b"a photo"
PRICES = {TEXT: 1500, COLORS: 1000}
GENERATION = 7
GOOD_METRICS = {"isotropy": 1.0} | {rule.metric: rule.good for rule in default_policy().rules}
GOOD = Judged(
    verdict="accepted",
    type="image/jpeg",
    size=len(PHOTO),
    width=4,
    height=3,
    sha256="00",
    quality=Quality(score=100, metrics=GOOD_METRICS, policy_version=default_policy().version),
    normalized=Picture(type="image/jpeg", width=4, height=3, data=b"normalised"),
    thumbnail=Picture(type="image/webp", width=2, height=1, data=b"small"),
    pixels=Pixels(width=2, height=1, rgb=bytes(6)),
)
BAD = Judged(verdict="rejected", reason="UNREADABLE", message="Send it again.")
ENTRY_POINTS = (
    "arrive",
    "advance",
    "answer",
    "reserve",
    "begin_call",
    "end_call",
    "release",
    "fail",
    "complete",
    "send_outbox",
)
SETTINGS = {
    "google_cloud_project": "p",
    "uploads_bucket": "uploads",
    "derived_bucket": "derived",
    "events_topic": "projects/p/topics/events",
    "uploads_topic": "projects/p/topics/uploads",
    "push_audience": "a",
    "push_service_account": "s",
}


class VisionServer:
    """Cloud Vision on the wire: takes the next of `script` for each request, the last one for all that follow."""

    def __init__(self) -> None:
        self.script: list[Callable[[grpc.ServicerContext], vision.AnnotateImageResponse]] = [colours]
        self.calls: list[list[str]] = []  # the features of each request

    def annotate(self, request: Any, context: grpc.ServicerContext) -> Any:
        """BatchAnnotateImages."""
        names = [vision.Feature.Type(feature.type_).name for feature in request.requests[0].features]
        self.calls.append(names)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return vision.BatchAnnotateImagesResponse(responses=[answer(context)])


def colours(_: grpc.ServicerContext) -> vision.AnnotateImageResponse:
    """A picture that is red."""
    info = vision.ColorInfo(color={"red": 255}, pixel_fraction=1.0)
    return vision.AnnotateImageResponse(
        image_properties_annotation=vision.ImageProperties(
            dominant_colors=vision.DominantColorsAnnotation(colors=[info])
        )
    )


def error_inside(_: grpc.ServicerContext) -> vision.AnnotateImageResponse:
    """An answer of 200 with an error in it."""
    return vision.AnnotateImageResponse(error={"code": 14, "message": "We're experiencing difficulties."})


def status(code: grpc.StatusCode) -> Callable[[grpc.ServicerContext], vision.AnnotateImageResponse]:
    """A request that fails."""

    def answer(context: grpc.ServicerContext) -> vision.AnnotateImageResponse:
        context.abort(code, "as told")

    return answer


@contextlib.contextmanager
def vision_service() -> Iterator[tuple[VisionServer, vision.ImageAnnotatorClient]]:
    """Such a Vision, and Google's client for it."""
    service = VisionServer()
    handler = grpc.unary_unary_rpc_method_handler(
        service.annotate,
        request_deserializer=vision.BatchAnnotateImagesRequest.deserialize,
        response_serializer=vision.BatchAnnotateImagesResponse.serialize,
    )
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    name = "google.cloud.vision.v1.ImageAnnotator"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, {"BatchAnnotateImages": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    yield service, vision.ImageAnnotatorClient(transport=ImageAnnotatorGrpcTransport(channel=channel))
    channel.close()
    server.stop(None).wait()


class NotedJobs(Jobs):
    """The store, noting what the worker asks of it; `before` is called with each name first."""

    diary: list[str]
    before: Callable[[str], None]


def _noted(name: str) -> Callable[..., Any]:
    original = getattr(Jobs, name)

    def method(jobs: NotedJobs, *arguments: Any, **more: Any) -> Any:
        jobs.diary.append(name)
        jobs.before(name)
        return original(jobs, *arguments, **more)

    return method


for entry_point in ENTRY_POINTS:
    setattr(NotedJobs, entry_point, _noted(entry_point))


@dataclass(frozen=True, kw_only=True)
class StagedServices(Services):
    """The function's services, but for Vision's address."""

    client: vision.ImageAnnotatorClient
    before: Callable[[str], None]
    diary: list[str]

    def tools(self, _claim, meter: Any) -> Tools:
        """See `Services.tools`."""
        return Tools(eyes=VisionEyes(self._called, meter, prices=PRICES, enabled=True, engine="a test"))

    def _called(self) -> vision.ImageAnnotatorClient:
        self.diary.append("call")
        self.before("call")
        return self.client


@dataclass
class Stage:
    """One job with one photo or more, its deliveries, and whatever comes of them."""

    client: vision.ImageAnnotatorClient
    photos: int = 1
    database: ModelDatabase = field(default_factory=documents)
    at: datetime = T0
    diary: list[str] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    derived: dict[str, bytes] = field(default_factory=dict)
    events: list[tuple[str, Any]] = field(default_factory=list)
    verdict: Judged = GOOD
    budget: int = 1_000_000
    before: Callable[[str], None] = lives

    def __post_init__(self) -> None:
        images = {str(index): JobImage(content_type="image/jpeg", size=len(PHOTO)) for index in range(self.photos)}
        job = Job(uid="u", kind="inspection", images=images, create_time=T0, update_time=T0, expire_time=T0 + KEPT)
        self.database.documents[f"jobs/{JOB}"] = to_document(job)
        self.uploads = {object_name(job.priority, JOB, index): PHOTO for index in range(self.photos)}

    # What the function is given in place of Cloud Storage and of its guarded children.

    def read(self, name: str, generation: int) -> bytes | None:
        """See `Objects.read`."""
        self._note("read")
        return self.uploads.get(name) if generation == GENERATION else None

    def write(self, name: str, data: bytes, content_type: str) -> str:
        """See `Objects.write`."""
        del content_type
        self._note("derive")
        self.derived.setdefault(name, data)
        return f"gs://derived/{name}"

    def judge(self, data: bytes, *, declared_type: str) -> Judged:
        """See `Guard.judge`."""
        del data, declared_type
        self._note("judge")
        return self.verdict

    def _note(self, name: str) -> None:
        self.diary.append(name)
        self.before(name)

    # What a test does and asks.

    def services(self) -> StagedServices:
        """What one process of the function has."""
        jobs = NotedJobs(self.database, clock=lambda: self.at, uploads_bucket="uploads")
        jobs.diary, jobs.before = self.diary, self.before
        return StagedServices(
            settings=Settings(**SETTINGS, daily_budget_micro_usd=self.budget),
            push_keys=KeySet("http://nowhere"),
            jobs=jobs,
            objects=self,  # type: ignore[arg-type]
            guard=self,  # type: ignore[arg-type]
            models=Shelf(None, samples=False, threads=1),
            switches=SwitchBoard(self.database),
            publishers={Topic.EVENTS: lambda data, attributes: self.events.append((attributes["eventId"], data))},
            client=self.client,
            before=self.before,
            diary=self.diary,
        )

    def push(self, index: int = 0, *, message: str = "1", **changes: str) -> None:
        """Deliver the notification of a photo. Raises what makes Pub/Sub deliver it again."""
        deliver(push_body(index, message=message, **changes), self.services())

    def pass_time(self, seconds: float) -> None:
        """Let the clock go on."""
        self.at += timedelta(seconds=seconds)

    @property
    def job(self) -> dict[str, Any]:
        """The job's document."""
        return self.database.documents[f"jobs/{JOB}"]

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The ledger's entries, in the order of their names."""
        found = self.database.documents
        return [found[path] for path in sorted(found) if path.startswith("ledger/") and path.count("/") == 3]

    @property
    def day(self) -> tuple[int, int]:
        """What the day has reserved and settled."""
        fields = self.database.documents["ledger/2026-01-01"]
        return fields["reserved"], fields["settled"]


def push_body(index: int = 0, *, message: str = "1", **changes: str) -> bytes:
    """What Pub/Sub sends for an uploaded photo."""
    arrival = Arrival(
        bucket="uploads",
        name=f"normal/{JOB}/{index}",
        generation=GENERATION,
        size=len(PHOTO),
        content_type="image/jpeg",
    )
    payload, attributes = notification(arrival, priority="normal")
    data = base64.b64encode(json.dumps(payload).encode()).decode()
    about = {"messageId": message, "attributes": {**attributes, **changes}, "data": data}
    return json.dumps({"message": about, "subscription": "s"}).encode()
