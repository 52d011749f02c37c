"""A shell for the blocks of a page: what a block sets, the next one has."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from docs_pages import Block

from local.stack_process import StackProcess

# What a page tells to do that the tests have done already, or that other tests do.
_DONE = ("tidemark dev ", "make ")
_OWN_PORT = re.compile(r"(?:localhost|127\.0\.0\.1):7071")
_STATE = ".shell.sh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs blocks in `folder`, against a stack."""

    folder: Path
    stack: StackProcess
    environ: Mapping[str, str]

    def begin(self) -> None:
        """Forget what an earlier page has set."""
        (self.folder / _STATE).write_text("")

    def run(self, block: Block) -> str:
        """Run a block; give what it printed. Fails with its output where a command of it fails."""
        if block.noted and block.noted[0] == "given":
            self.sql(block.noted[1])
        printed = self.execute(self._text_of(block), str(block))
        # Of a command that has to fail, the page says what is printed then.
        for told in re.findall(r'\|\| echo "([^"$]*)', block.text):
            assert told in printed, f"{block}: it did not fail\n{printed}"
        return printed

    def sql(self, text: str) -> str:
        """Run statements in the database of the pages, each by itself."""
        return self.execute(f"psql -q -v ON_ERROR_STOP=1 \"$DOCS_DB\" <<'SQL'\n{text};\nSQL", text)

    def execute(self, text: str, what: str) -> str:
        """Run a script with what the ones before have set."""
        script = f". ./{_STATE}\n{text}\nexport -p > {_STATE}\n"
        ended = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environ, "DOCS_DB": self.environ["SHOP_DB"]},
            input="y\n" * 9,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert ended.returncode == 0, f"{what}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def _text_of(self, block: Block) -> str:
        joined = block.text.replace("\\\n", " ")
        lines = [line for line in joined.splitlines() if not line.strip().startswith(_DONE)]
        text = _OWN_PORT.sub(self.stack.url.removeprefix("http://"), "\n".join(lines))
        if "ORDER_ID" in text:
            text = text.replace("ORDER_ID", self._last("order_id"))
        return text.replace("RUN_ID", self._last("run_id")) if "RUN_ID" in text else text

    def _last(self, what: str) -> str:
        """Give the id that a reader has before him: that of the run that failed last."""
        found = httpx.get(f"{self.stack.url}/api/runs?status=failed&limit=1", timeout=30).json()
        return str(found["runs"][0][what])
