"""Another system in the place of this one, in what Python programs can see of it.

Python imports this before all else where this folder is on PYTHONPATH, in every process that a
command starts; `SIMULATED` names the system. What libraries in other languages do (TensorFlow's own
files) stays as it is here, and so does `sys.platform`: libraries would take code that is not there.
"""

import builtins
import contextlib
import errno
import io
import multiprocessing
import os
import shutil
import signal
import stat
import sys
import tempfile

REAL = {name: getattr(os, name) for name in (
    'open', 'fsync', 'replace', 'unlink', 'mkdir', 'listdir', 'readlink')}


real_open = io.open
checks: list = []  # of what a program opens: each takes the path and the mode, and may refuse
text: dict = {}  # how text files are opened where the program does not say it


def open_file(path, mode='r', buffering=-1, encoding=None, errors=None, newline=None, *rest,
              **more):
    """Python's `open`, with `checks` and `text`."""
    for check in checks:
        check(path, mode)
    if 'b' not in mode and text:
        encoding = text['encoding'] if encoding in (None, 'locale') else encoding
        newline = text['newline'] if newline is None and mode != 'r' else newline
    return real_open(path, mode, buffering, encoding, errors, newline, *rest, **more)


def refusal(number: int, path, winerror: int = 0) -> OSError:
    """An OSError as a system raises it; Windows's has a number of its own, too."""
    error = OSError(number, os.strerror(number), os.fspath(path))
    if winerror:
        error.winerror = winerror
    return error


def no_folder_is_opened() -> None:
    """Windows opens no folder to be flushed: EACCES.

    learn.microsoft.com, C runtime, `_open`: "EACCES: ... or the given path is a directory".
    """
    def open_(path, flags, *rest, **more):
        if os.path.isdir(path):
            raise refusal(errno.EACCES, path)
        return REAL['open'](path, flags, *rest, **more)

    os.open = open_
    shutil._use_fd_functions = False  # as on Windows


def only_what_is_open_for_writing_is_flushed() -> None:
    """Windows flushes no handle that was opened for reading: EBADF.

    learn.microsoft.com, `FlushFileBuffers`, which Python's `os.fsync` calls (`_commit`): "The file
    handle must have the GENERIC_WRITE access right".
    """
    import fcntl

    def fsync(handle):
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        REAL['fsync'](handle)

    os.fsync = fsync


def what_is_open_stays() -> None:
    """Windows neither replaces, renames nor removes what is open: error 5 or 32.

    docs.python.org, `os.remove`: "On Windows, attempting to remove a file that is in use causes an
    exception to be raised"; learn.microsoft.com, `CreateFile`, FILE_SHARE_DELETE, with which Python
    opens nothing: "Delete access allows both delete and rename operations". `MoveFileEx`:
    MOVEFILE_REPLACE_EXISTING, `os.replace`'s, "cannot be used if ... names a directory"; without
    it, `os.rename`'s, what is there is not replaced.

    Virus scanners read each new file for a moment, so every other first try is refused, too.
    """
    tried: dict[str, bool] = {}

    def in_use(path) -> bool:
        """Whether a process of ours has ``path`` open, or what is below it."""
        whole = os.path.realpath(path)
        for process in filter(str.isdecimal, REAL['listdir']('/proc')):
            with contextlib.suppress(OSError):  # it has ended, or is another user's
                for number in REAL['listdir'](f'/proc/{process}/fd'):
                    with contextlib.suppress(OSError):  # it has been closed
                        found = REAL['readlink'](f'/proc/{process}/fd/{number}')
                        if found == whole or found.startswith(whole + os.sep):
                            return True
        return False

    def scanned(path) -> bool:
        whole = os.path.realpath(path)
        if whole in tried:
            return False
        tried[whole] = len(tried) % 2 == 0
        return tried[whole]

    def replace(source, target, **more):
        if os.path.isdir(target):
            raise refusal(errno.EACCES, target, 5)
        if in_use(source) or in_use(target) or scanned(target):
            raise refusal(errno.EACCES, target, 32)
        REAL['replace'](source, target, **more)

    def rename(source, target, **more):
        if os.path.lexists(target):
            raise refusal(errno.EEXIST, target, 183)
        replace(source, target, **more)

    def unlink(path, **more):
        # filelock removes its probe while it is open; it has none on Windows
        if '.filelock-probe' not in os.fsdecode(path) and in_use(path):
            raise refusal(errno.EACCES, path, 32)
        REAL['unlink'](path, **more)

    os.replace, os.rename, os.unlink, os.remove = replace, rename, unlink, unlink
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # removed when closed, as on Windows


def names_are_windowss() -> None:
    r"""No name has any of < > : " | ? *, nor ends with a dot or a space: error 123.

    learn.microsoft.com, "Naming Files, Paths, and Namespaces".
    """
    def checked(path):
        if isinstance(path, int):
            return
        for part in os.fsdecode(path).split('/'):
            if set('<>:"|?*') & set(part) or part.strip('.') and part[-1] in '. ':
                raise refusal(errno.EINVAL, path, 123)

    def mkdir(path, *rest, **more):
        checked(path)
        REAL['mkdir'](path, *rest, **more)

    os.mkdir = mkdir
    checks.append(lambda path, mode: checked(path) if set(mode) & set('wxa') else None)


def text_is_cp1252() -> None:
    """A western European Windows's text files and redirected output have the code page 1252.

    docs.python.org, `open`: "the default encoding is platform dependent (locale.getencoding())",
    which is "on Windows ... the ANSI code page"; `sys.stdout`: "on Windows ... non-character
    devices such as disk files and pipes use the system locale encoding". `open`: "'\\n' characters
    written are translated to the system default line separator".
    """
    text.update(encoding='cp1252', newline='\r\n')
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding='cp1252', errors=stream.errors)


def no_proc() -> None:
    """There is no /proc: Linux's proc(5) alone describes it. TensorFlow and psutil keep it here."""
    def refuse(path, mode):
        caller = sys._getframe(2).f_globals.get('__name__', '')
        if (not isinstance(path, int) and os.fsdecode(path).startswith('/proc')
                and not caller.startswith('psutil')):
            raise refusal(errno.ENOENT, path)

    checks.append(refuse)


def no_affinity() -> None:
    """docs.python.org, `os.sched_getaffinity`: "only available on some Unix platforms".

    Neither Windows nor macOS is among them.
    """
    del os.sched_getaffinity, os.sched_setaffinity


def processes_are_spawned() -> None:
    """docs.python.org, multiprocessing: spawn is "the default on Windows and macOS"."""
    multiprocessing.set_start_method('spawn')


def few_signals() -> None:
    """docs.python.org, `signal.signal`: on Windows, SIGABRT, SIGFPE, SIGILL, SIGINT, SIGSEGV,
    SIGTERM and SIGBREAK only; "a ValueError will be raised in any other case".
    """
    known = {'SIGABRT', 'SIGFPE', 'SIGILL', 'SIGINT', 'SIGSEGV', 'SIGTERM'}
    numbers = {getattr(signal, name) for name in known}
    real = signal.signal
    for name in [name for name in dir(signal) if name.startswith('SIG')
                 and name[3] != '_' and name not in known | {'SIGKILL', 'SIGCHLD'}]:
        delattr(signal, name)  # two stay, which libraries need for processes on Linux

    def signal_(number, handler):
        if number not in numbers:
            raise ValueError('invalid signal value')
        return real(number, handler)

    signal.signal = signal_


def no_folder_is_flushed() -> None:
    """Network and shared drives refuse to flush a folder: EINVAL.

    man7.org, fsync(2): "EINVAL: fd is bound to a special file ... which does not support
    synchronization".
    """
    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        REAL['fsync'](handle)

    os.fsync = fsync


def no_permissions() -> None:
    """FAT and some shared drives have no permissions: EPERM.

    man7.org, mount(8), "Mount options for fat", `quiet`: without it, "chown or chmod ... errors".
    """
    def chmod(path, mode, **more):
        raise refusal(errno.EPERM, path)

    os.chmod = chmod


SYSTEMS = {
    'Windows': (no_folder_is_opened, only_what_is_open_for_writing_is_flushed, what_is_open_stays,
                no_proc, no_affinity, names_are_windowss, text_is_cp1252, processes_are_spawned,
                few_signals),
    'macOS': (no_proc, no_affinity, processes_are_spawned),
    'a file system without folder flushes': (no_folder_is_flushed, no_permissions),
}

if 'SIMULATED' in os.environ:
    io.open = builtins.open = open_file
for simulate in SYSTEMS.get(os.environ.get('SIMULATED', ''), ()):
    simulate()
