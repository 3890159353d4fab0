"""A JupyterLab server of its own, and a page of JupyterLab or Notebook 7 that runs cells in it."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

# A workspace of its own: else JupyterLab opens again what it had open before.
ADDRESSES = {"jupyterlab": "lab/workspaces/{name}/tree/{name}.ipynb", "notebook": "notebooks/{name}.ipynb"}
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
FAILED = ".jp-OutputArea-output:is([data-mime-type$=stderr], [data-mime-type$=error])"
PATIENCE = 120  # seconds for anything that is not training; the machine may be busy
ALL_RAN = """(failed) => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map((e) => e.textContent);
  return prompts.slice(0, -1).every((text) => /\\d/.test(text)) || !!document.querySelector(failed);
}"""
LAST_RAN = """(before) => {
  const prompt = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].at(-1).textContent;
  return /\\d/.test(prompt) && prompt !== before;
}"""


@dataclass
class Server:
    """A running JupyterLab.

    Attributes:
        address: of its root, such as `http://127.0.0.1:8888/`.
        token: what opens it.
        folder: what it serves.
        log: what it and its kernels said.
    """

    address: str
    token: str
    folder: Path
    log: Path

    def complaints(self) -> str:
        """The log from the first traceback on; empty where there is none."""
        text = self.log.read_text(encoding="utf-8")
        return text[text.index("Traceback") :] if "Traceback" in text else ""


@contextmanager
def started(python: Path, folder: Path, home: Path) -> Iterator[Server]:
    """JupyterLab serving a folder; it and its kernels end with the block.

    Args:
        python: the interpreter of the environment in which JupyterLab is installed.
        folder: what it serves.
        home: an empty folder for all that Jupyter remembers, so that nobody's settings count.
    """
    token = secrets.token_hex(16)
    places = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    options = [f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--ServerApp.port=0"]
    options += ["--ServerApp.ip=127.0.0.1", "--allow-root", "--no-browser"]
    log = home / "server.log"
    with log.open("w", encoding="utf-8") as out:
        running = subprocess.Popen(
            [python, "-m", "jupyterlab", *options],
            env={**os.environ, **places, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Server(_address(running, log), token, folder, log)
        finally:
            running.terminate()
            running.wait(timeout=PATIENCE)


def _address(running: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server says it is at."""
    for _ in range(10 * PATIENCE):
        if found := ADDRESS.search(log.read_text(encoding="utf-8")):
            return found[0]
        assert running.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise TimeoutError(f"JupyterLab did not say where it is within {PATIENCE} s: {log.read_text()}")


@dataclass
class NotebookPage:
    """A notebook in a browser, whose last cell is empty: `run` uses it."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def run_all(self, seconds: int) -> None:
        """Run > Run All Cells; waits until every cell has run, or one has failed."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(ALL_RAN, arg=FAILED, timeout=1000 * seconds)
        assert not (errors := self.errors()), "\n".join(errors)
        self._wait_until_idle()

    def run(self, code: str) -> str:
        """Write code into the last cell, run it, and return what it prints."""
        cell = self.page.locator(".jp-CodeCell").last
        before = cell.locator(".jp-InputPrompt").inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("ControlOrMeta+Enter")
        self.page.wait_for_function(LAST_RAN, arg=before)
        self._wait_until_idle()
        assert not (errors := self.errors()), "\n".join(errors)
        return "".join(cell.locator(".jp-OutputArea-output").all_inner_texts())

    def listen(self) -> None:
        """Record what goes wrong in the page from now on: while it starts, Jupyter has faults of its own."""
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)

    def errors(self) -> list[str]:
        """What cells wrote to stderr, tracebacks among it."""
        return self.page.locator(FAILED).all_text_contents()

    def _wait_until_idle(self) -> None:
        expect(self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first).to_be_visible()


@contextmanager
def opened(browser: Browser, server: Server, client: str, name: str) -> Iterator[NotebookPage]:
    """The notebook `name.ipynb` of the server's folder in a client, its kernel ready.

    Args:
        client: "jupyterlab" or "notebook".
    """
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(1000 * PATIENCE)
    expect.set_options(timeout=1000 * PATIENCE)
    page = context.new_page()
    opened_page = NotebookPage(page)
    try:
        page.goto(f"{server.address}{ADDRESSES[client].format(name=name)}?token={server.token}")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        expect(page.locator(".jp-Toolbar-kernelName")).to_contain_text("Python 3")
        opened_page._wait_until_idle()
        opened_page.listen()
        yield opened_page
    finally:
        context.close()
