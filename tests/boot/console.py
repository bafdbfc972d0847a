# SPDX-License-Identifier: GPL-2.0-only
"""Drive a guest's console from a test: start riven on a pseudo-terminal, wait for text, type."""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("RIVEN_BUILD") or os.path.normpath(HERE + "/../../build")
RIVEN = BUILD + "/riven"
HOST = ["--host", os.environ["RIVEN_HOST"]] if os.environ.get("RIVEN_HOST") else []
# Seconds for what takes less than one: it is a guest that hangs which shall not pass, not one that
# has little of a processor, in a machine under emulation beside other work.
LIMIT = 150
FULL = bool(os.environ.get("RIVEN_FULL"))


class Timeout(Exception):
    pass


class Console:
    """
    One run of riven, on the host that RIVEN_HOST names if it names one. seen holds
    all output so far, carriage returns removed.
    """

    def __init__(self, args, log):
        self.seen = ""
        self.mark = 0
        self.status = None
        self.log = open(log, "w", encoding="utf-8", errors="replace")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(RIVEN, [RIVEN, args[0]] + HOST + args[1:])

    def _read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        text = data.decode("utf-8", "replace").replace("\r", "")
        self.seen += text
        self.log.write(text)
        self.log.flush()
        return bool(data)

    def expect(self, pattern, timeout=60):
        """Wait for a regular expression behind what was matched before; returns the match."""
        end = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.seen[self.mark:])
            if match:
                self.mark += match.end()
                return match
            if time.monotonic() > end:
                raise Timeout(f"no {pattern!r} within {timeout} s")
            if not self._read(0.5):
                match = re.search(pattern, self.seen[self.mark:])
                if match:
                    self.mark += match.end()
                    return match
                raise Timeout(f"riven ended before {pattern!r}")

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait(self, timeout=60):
        """Exit status, after all output has been read."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self._read(0.5):
            pass
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
            time.sleep(0.05)
        raise Timeout(f"riven did not end within {timeout} s")

    def kill(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


class Ktap:
    """KTAP results."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13", flush=True)

    def result(self, ok, name, why=""):
        self.count += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.count} {name}", flush=True)
        if not ok and why:
            print("# " + why.replace("\n", "\n# "), flush=True)
        if not ok:
            print(f"# alone: {sys.argv[0]}", flush=True)
        return ok

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {why}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(self.failed != 0)


def rerun(ktap, name, command, **environment):
    """Run another test with more in its environment; one result for all of its own."""
    log = f"{BUILD}/tests/{name}.log"
    with open(log, "w", encoding="utf-8") as file:
        try:
            status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file,
                                    stderr=subprocess.STDOUT, env=dict(os.environ, **environment),
                                    timeout=1500, check=False).returncode
        except subprocess.TimeoutExpired:
            status = "none: no end within 1500 s"
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = [line for line in lines if line.startswith("not ok ")]
    ktap.result(status == 0 and passed > 0 and not failed, f"{name}: {passed} results",
                "\n".join([f"status {status}; output kept in {log}"] + failed[:20]))
