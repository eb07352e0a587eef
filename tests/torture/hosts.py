"""Hosts on this machine: Linux network namespaces, each with a cable to one switch.

The switch is a bridge in a namespace of its own. What a host starts has a disk of its own, too: a
tmpfs in the place of the trial's folder, so that it sees no other host's files in there.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from commands import environment

# FOLDER DATA COMMAND ...: run it on a new disk, with a copy of the data
BOOT = ('mount -t tmpfs disk "$1" && cd "$1" && mkdir tmp && { [ -z "$2" ] || cp -r "$2" data; } '
        '&& shift 2 && exec "$@"')


def ip(*words: str) -> str:
    """What the program `ip` prints."""
    return subprocess.run(['ip', *words], check=True, capture_output=True, text=True).stdout


def pids(space: str) -> list[int]:
    """The processes in a namespace."""
    return list(map(int, ip('netns', 'pids', space).split()))


def kill(space: str) -> None:
    """SIGKILL all processes in a namespace."""
    while left := pids(space):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def impossible(folder: Path) -> str:
    """Why there can be no hosts on this machine; '' if there can."""
    if sys.platform != 'linux' or os.getuid():
        return 'needs Linux, and root'
    try:
        with Hosts(('one', 'other'), folder, None):
            return ''
    except FileNotFoundError:
        return 'no ip here: apt-get install iproute2'
    except subprocess.CalledProcessError as error:
        return f'network namespaces are not allowed here: {error.stderr.strip()}'


class Hosts:
    """Hosts called ``names``, until the end of the `with` block; then nothing of them is left.

    Args:
        folder: where their disks are and <host>.log has what their programs printed.
        data: what each has a copy of and `ELEC576_DATA` names; None: they find no data.
    """

    def __init__(self, names: tuple[str, ...], folder: Path, data: str | None):
        self.names, self.folder, self.data = names, folder, data

    def __enter__(self) -> Hosts:
        for found in re.findall(r'elec576-(\d+)-switch', ip('netns', 'list')):
            if not Path('/proc', found).exists():  # it was killed
                self._remove(int(found))
        self._before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            switch = self._add('switch')
            ip('-n', switch, 'link', 'add', 'bridge', 'up', 'type', 'bridge')
            for name in self.names:
                host = self._add(name)
                ip('-n', switch, 'link', 'add', 'name', name, 'type', 'veth',
                   'peer', 'eth0', 'netns', host)
                ip('-n', switch, 'link', 'set', 'dev', name, 'up', 'master', 'bridge')
                ip('-n', host, 'address', 'add', f'{self.address(name)}/24', 'dev', 'eth0')
                ip('-n', host, 'link', 'set', 'lo', 'up')
                ip('-n', host, 'link', 'set', 'eth0', 'up')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._remove(os.getpid())
        signal.signal(signal.SIGTERM, self._before)

    def _add(self, name: str) -> str:
        ip('netns', 'add', self.space(name))
        return self.space(name)

    def _remove(self, pid: int) -> None:
        for space in re.findall(rf'elec576-{pid}-\w+', ip('netns', 'list')):
            kill(space)
            ip('netns', 'delete', space)

    def space(self, name: str) -> str:
        """The host's namespace."""
        return f'elec576-{os.getpid()}-{name}'

    def address(self, name: str) -> str:
        return f'10.57.6.{1 + self.names.index(name)}'

    def link(self, name: str, state: str) -> None:
        """Pull or plug the host's cable at the switch: ``state`` is down or up."""
        ip('-n', self.space('switch'), 'link', 'set', 'dev', name, state)

    def start(self, name: str, *words: str, own_disk: bool = True, **how) -> subprocess.Popen:
        """Start a command; ``how`` is for Popen. Unless it says so, the output is logged."""
        boot = ['sh', '-c', BOOT, 'sh', str(self.folder), self.data or ''] if own_disk else []
        disk = {'HOME': str(self.folder), 'TMPDIR': str(self.folder / 'tmp'),
                'ELEC576_CACHE': str(self.folder / 'cache'),
                **({'ELEC576_DATA': str(self.folder / 'data')} if self.data else {})}
        with open(self.folder / f'{name}.log', 'ab') as log:
            return subprocess.Popen(
                ['ip', 'netns', 'exec', self.space(name), *boot, *words],
                env=environment(**disk if own_disk else {}),
                **{'stdout': log, 'stderr': log, **how})

    def log(self, name: str) -> str:
        path = self.folder / f'{name}.log'
        return path.read_text() if path.exists() else ''

    def pids(self, name: str) -> list[int]:
        """The processes that run on a host."""
        return pids(self.space(name))

    def kill(self, name: str) -> None:
        """SIGKILL all that runs on a host."""
        kill(self.space(name))

    def finds(self, name: str, pattern: str) -> bool:
        """Whether there is a file of this pattern on the disk of a host that runs something."""
        return any(True for pid in self.pids(name)
                   for _ in Path(f'/proc/{pid}/root{self.folder}').glob(pattern))
