"""A local cloud is stopped while calls hang in it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import msgspec
import requests
from google.api_core import exceptions
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from localcloud.faults.effects import Hang, Reorder, Span
from localcloud.faults.rule import Rule
from tests.running import local_cloud


def test_calls_that_hang_do_not_keep_the_local_cloud_from_stopping(tmp_path, capfd):
    with local_cloud(tmp_path, "pubsub,auth") as cloud, grpc.insecure_channel(cloud.ports.address("pubsub")) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        publisher.create_topic(name="projects/demo-stop/topics/photos")
        auth = cloud.ports.url("auth")
        rules = (
            Rule(call="pubsub.*", effect=Hang(), applied=True),
            Rule(call="auth.keys", effect=Hang()),
            Rule(call="auth.ready", effect=Reorder(window=2, within_ms=600_000)),
            Rule(call="auth.configure", delay_ms=Span(600_000, 600_000)),
        )
        for rule in rules:
            requests.post(f"{auth}/localcloud/v1/faults", data=msgspec.json.encode(rule), timeout=5)
        message = {"topic": "projects/demo-stop/topics/photos", "messages": [{"data": b"x"}]}
        with ThreadPoolExecutor(4) as callers:
            publishing = callers.submit(publisher.publish, request=message, retry=None, timeout=20)
            paths = ("/oauth2/v3/certs", "/", "/emulator/v1/projects/demo-stop/config")
            asking = [callers.submit(requests.get, auth + path, timeout=20) for path in paths]
            time.sleep(0.3)
            began = time.monotonic()
            assert cloud.stop() == 0
            assert time.monotonic() - began < 3
            assert isinstance(publishing.exception(timeout=5), exceptions.DeadlineExceeded)
            assert [call.result(timeout=5).status_code for call in asking] == [504, 200, 200]
    assert "Traceback" not in capfd.readouterr().err
