"""Run as a script: a supervisor over two small programs in place of the local cloud and the functions.

    tiny_stack.py DATA PORT [temporary] [private] [stubborn] [fail]

Prints `up` when both are ready and what the supervisor has to say afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from localcloud.ground import Ports
from localcloud.supervisor.child import StartFailed
from localcloud.supervisor.folder import AlreadyRunning, DataFolder
from localcloud.supervisor.plan import Plan, Program
from localcloud.supervisor.supervisor import Voice, run

# Says ready, starts a child of its own ("stubborn": one that ignores signals), and waits.
SERVICES = """
import subprocess, sys, time
subprocess.Popen(["sh", "-c", "trap '' TERM INT HUP; while :; do sleep 0.2; done"] if sys.argv[1:] else ["sleep", "60"])
print("\\x1b[31mstarting\\x1b[0m", flush=True)
print("ready", flush=True)
time.sleep(600)
"""

# Answers /healthz; with "fail" it ends at once.
FUNCTION = """
import http.server, sys
if sys.argv[1] == "fail":
    sys.exit("no such setting: UPLOADS_BUCKET")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""


class TinyPlan(Plan):
    """Two programs on one port."""

    def programs(self) -> tuple[Program, ...]:
        environment = {"PATH": os.environ["PATH"]}
        argument = "fail" if "fail" in self.overrides else str(self.ports.upload)
        stubborn = ("stubborn",) if "stubborn" in self.overrides else ()
        return (
            Program(name="localcloud", command=(sys.executable, "-c", SERVICES, *stubborn), environment=environment),
            Program(
                name="upload",
                command=(sys.executable, "-c", FUNCTION, argument),
                environment=environment,
                health=f"http://127.0.0.1:{self.ports.upload}/healthz",
            ),
        )


def main() -> None:
    data, port, *words = sys.argv[1:]
    folder = DataFolder(Path(data))
    try:
        folder.take(waiting=print)
    except AlreadyRunning as already:
        sys.exit(str(already))
    plan = TinyPlan(
        data=folder.path,
        ports=Ports(upload=int(port)),
        overrides={word: {} for word in words},
        private="private" in words,
    )
    voice = Voice(say=lambda text: print(text, flush=True))
    with contextlib.closing(folder):
        try:
            ready = lambda _: print("up", flush=True)  # noqa: E731
            asyncio.run(run(plan, folder, voice, on_ready=ready, temporary="temporary" in words))
        except StartFailed as failure:
            sys.exit(str(failure))


if __name__ == "__main__":
    main()
