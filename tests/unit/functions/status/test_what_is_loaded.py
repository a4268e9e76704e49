"""Reading a job loads what reading needs: the client of Pub/Sub comes with the first who asks for more."""

from __future__ import annotations

import subprocess
import sys

from localcloud.keys import Keys

PROGRAM = """
import sys
from functions.status import routes, services
from functions.status.settings import Settings
topics = {f"{name}_topic": f"projects/p/topics/{name}" for name in ("uploads", "events", "tasks")}
buckets = {"uploads_bucket": "u", "derived_bucket": "d"}
signing = {"page_token_secret": "0123456789abcdef", "signer_key_file": sys.argv[1]}
services.build(Settings(google_cloud_project="p", **buckets, **signing, **topics))
print([name for name in ("google.cloud.pubsub_v1", "google.cloud.vision", "numpy") if name in sys.modules])
"""


def test_status_does_not_load_pubsub_until_it_needs_it(tmp_path):
    environment = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}
    command = [sys.executable, "-c", PROGRAM, str(Keys(tmp_path).service_account_file)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60)
    assert ended.stdout == "[]\n"
