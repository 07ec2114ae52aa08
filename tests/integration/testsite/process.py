# SPDX-License-Identifier: Apache-2.0
"""A daemon in the foreground: started, watched, ended by its process id."""
import os
import signal
import subprocess

from .waiting import until


class Daemon:
    """`argv` runs in a session of its own, with its output in `log`."""

    def __init__(self, name, argv, log, env=None, cwd=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log = str(log)
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        self.process = None

    def start(self, ready=None, timeout=30.0):
        """Starts it; returns once ready() is true. Fails if it ends before."""
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.env,
                cwd=self.cwd, start_new_session=True)
        if ready:
            def ready_or_dead():
                if self.process.poll() is not None:
                    raise AssertionError(
                        f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
                return ready()
            try:
                until(ready_or_dead, f"{self.name} ready", timeout)
            except AssertionError as e:
                raise AssertionError(f"{e}\n{self.tail()}") from None
        return self

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def send(self, number):
        os.kill(self.pid, number)

    def wait(self, timeout=30.0):
        """Returns the exit status once it has ended by itself."""
        return self.process.wait(timeout)

    def stop(self, number=signal.SIGTERM, timeout=20.0):
        """Ends it and what it started; returns its exit status."""
        if self.process is None:
            return None
        if self.running():
            self.send(signal.SIGCONT)
            self.send(number)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._kill_group()
                self.process.wait()
                raise AssertionError(f"{self.name} ignored signal {number} for {timeout:g} s")
        self._kill_group()
        return self.process.returncode

    def kill(self):
        """Ends it without a chance to clean up."""
        self._kill_group()
        self.process.wait()

    def _kill_group(self):
        # The session is ours alone: what is left of it are children of this daemon.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def tail(self, lines=30):
        return "\n".join(self.output().splitlines()[-lines:])
