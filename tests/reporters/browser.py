"""A headless browser, driven over the pipe of its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
# The protocol wants to be read from file 3 and written to file 4.
PIPES = "import os, sys; os.dup2(int(sys.argv[1]), 100); os.dup2(int(sys.argv[2]), 101)"
START = f"{PIPES}; os.dup2(100, 3); os.dup2(101, 4); os.execv(sys.argv[3], sys.argv[3:])"
CODES = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "/": 191}


class Browser:
    """One window; everything waits for its answer."""

    def __init__(self, profile: Path) -> None:
        (theirs, ours), (answers, told) = os.pipe(), os.pipe()
        command = [sys.executable, "-c", START, str(theirs), str(told), str(BROWSER), *FLAGS]
        command += [f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        self._process = subprocess.Popen(command, pass_fds=(theirs, told), stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(told)
        self._out, self._in = os.fdopen(ours, "wb", 0), os.fdopen(answers, "rb")
        self._number, self._session, self.events = 0, "", list[dict[str, Any]]()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._out.close()
        self._in.close()

    def call(self, method: str, **given: object) -> dict[str, Any]:
        """What the browser answers; what it says beside that are events."""
        self._number += 1
        session = {"sessionId": self._session} if self._session else {}
        asked = {"id": self._number, "method": method, "params": given, **session}
        self._out.write(json.dumps(asked).encode() + b"\0")
        while True:
            said = self._read()
            if said.get("id") == self._number:
                assert "error" not in said, said
                answer: dict[str, Any] = said["result"]
                return answer

    def _read(self) -> dict[str, Any]:
        raw = bytearray()
        while not raw.endswith(b"\0"):
            piece = self._in.read(1)
            assert piece, "the browser is gone"
            raw += piece
        said: dict[str, Any] = json.loads(raw[:-1])
        if "method" in said:
            self.events.append(said)
        return said

    def open(self, address: str) -> None:
        """Go to an address, and wait until it is there."""
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(one["method"] == "Page.loadEventFired" for one in self.events):
            self._read()

    def size(self, width: int, height: int = 900, scheme: str = "light", media: str = "") -> None:
        """How wide the window is, and whether it is light or dark."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=media, features=[feature])

    def run(self, script: str) -> Any:
        """The value of an expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, *keys: str, modifiers: int = 0) -> None:
        """Press keys, as a user does."""
        for key in keys:
            text = {"Enter": "\r", "Tab": "", "Escape": ""}.get(key, key)
            code = CODES.get(key, ord(key.upper()[0]))
            both = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
            both |= {"code": {" ": "Space", "/": "Slash"}.get(key, key)}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **both)
            self.call("Input.dispatchKeyEvent", type="keyUp", **both)

    def shot(self, file: Path, *, whole: bool = True) -> None:
        """A picture of the page."""
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(picture["data"]))
