"""The engine's process as its parent sees it: order, loss, hanging, stopping."""

from __future__ import annotations

import asyncio
import io
import os
import time

import psutil
import pytest
from PIL import Image

from localcloud.vision.child import Engine, EngineLost
from localcloud.vision.findings import Task


def picture(colour: str) -> Task:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return Task(engines=["colours"], content=buffer.getvalue())


def child() -> psutil.Process:
    (process,) = (one for one in psutil.Process().children() if "localcloud.vision.engine" in one.cmdline())
    return process


def test_answers_come_to_those_who_asked():
    async def scenario():
        engine = Engine()
        colours = ["red", "lime", "blue"] * 5
        found = await asyncio.gather(*(engine.ask(picture(colour)) for colour in colours))
        await engine.stop()
        return [max(("red", "green", "blue"), key=lambda name: getattr(one.colours[0], name)) for one in found]

    assert asyncio.run(scenario()) == ["red", "green", "blue"] * 5


def test_an_engine_that_hangs_is_replaced():
    async def scenario():
        engine = Engine(timeout=5)
        await engine.ask(picture("red"))
        engine._timeout = 0.3
        hung = child()
        hung.suspend()
        with pytest.raises(EngineLost, match="took longer"):
            await engine.ask(picture("red"))
        assert not hung.is_running()
        engine._timeout = 5
        assert (await engine.ask(picture("blue"))).colours[0].blue > 250
        await engine.stop()

    asyncio.run(scenario())


def test_an_engine_that_dies_between_two_questions_is_replaced():
    async def scenario():
        engine = Engine()
        await engine.ask(picture("red"))
        child().kill()
        await asyncio.sleep(0.2)
        assert (await engine.ask(picture("blue"))).colours[0].blue > 250
        await engine.stop()

    asyncio.run(scenario())


def test_a_question_of_text_loads_the_text_engine_and_stopping_ends_it():
    async def scenario():
        engine = Engine()
        await engine.ask(Task(engines=["text"]))
        process = child()
        assert any("rapidocr" in file.path or "onnxruntime" in file.path for file in process.memory_maps())
        await engine.stop()
        assert not process.is_running()

    asyncio.run(scenario())


def test_those_who_wait_when_the_engine_is_stopped_are_told():
    async def scenario():
        engine = Engine()
        await engine.ask(picture("red"))
        process = child()
        process.suspend()
        waiting = [asyncio.create_task(engine.ask(picture("red"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        await engine.stop()
        told = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(one, EngineLost) for one in told)
        assert not process.is_running()

    asyncio.run(scenario())


def test_who_stops_waiting_is_passed_over():
    async def scenario():
        engine = Engine()
        await engine.ask(picture("red"))
        process = child()
        process.suspend()
        first, second, third = (asyncio.create_task(engine.ask(picture(c))) for c in ("red", "lime", "blue"))
        await asyncio.sleep(0.05)
        first.cancel()
        second.cancel()
        process.resume()
        assert (await third).colours[0].blue > 250
        assert child().pid == process.pid
        await engine.stop()

    asyncio.run(scenario())


def test_the_engine_is_given_nothing_secret(monkeypatch):
    monkeypatch.setenv("A_SECRET", "hush")

    async def scenario():
        engine = Engine()
        await engine.ask(picture("red"))
        environment = child().environ()
        await engine.stop()
        return environment

    assert "A_SECRET" not in asyncio.run(scenario())


def test_the_engine_ends_with_its_input_even_in_the_middle_of_a_message():
    async def scenario(cut: bytes):
        engine = Engine()
        await engine.ask(picture("red"))
        process = engine._process
        process.stdin.write(cut)
        process.stdin.close()
        begun = time.monotonic()
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - begun < 1
        await engine.stop()

    for cut in (b"", b"\x00\x00", b"\x00\x00\xff\xff" + os.urandom(100), b"\x00\x00\x00\x02\xff\xff"):
        asyncio.run(scenario(cut))
