"""Tasks come at their time, as Google's subscriber sees it, from a local cloud as it is started for a stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import pubsub_v1

from tests.running import ROOT, free_ports


def start(folder, **variables: str) -> tuple[subprocess.Popen[str], str]:
    ports = free_ports()
    command = [sys.executable, "-m", "localcloud", "--data", str(folder), "--only", "pubsub"]
    command += [part for name, port in ports for part in (f"--{name}-port", str(port))]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), **variables}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes), ports.address("pubsub")


def test_the_sweep_is_published_again_and_again(tmp_path):
    process, address = start(tmp_path, SWEEP_EVERY_SECONDS="0.2")
    try:
        assert process.stdout.readline() == "ready\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PUBSUB_EMULATOR_HOST", address)
            with pubsub_v1.SubscriberClient(credentials=AnonymousCredentials()) as subscriber:
                name = subscriber.subscription_path("demo-loupe", "watching")
                topic = "projects/demo-loupe/topics/tasks"
                subscriber.create_subscription(request={"name": name, "topic": topic}, timeout=5)
                heard: list[dict[str, str]] = []
                while len(heard) < 3:
                    pulled = subscriber.pull(subscription=name, max_messages=10, timeout=10)
                    heard += [dict(received.message.attributes) for received in pulled.received_messages]
                    ids = [received.ack_id for received in pulled.received_messages]
                    subscriber.acknowledge(subscription=name, ack_ids=ids, timeout=5)
        assert heard[:3] == [{"task": "sweep"}] * 3
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_period_that_is_none_keeps_the_local_cloud_from_starting(tmp_path):
    process, _ = start(tmp_path, SWEEP_EVERY_SECONDS="often")
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "SWEEP_EVERY_SECONDS" in said
