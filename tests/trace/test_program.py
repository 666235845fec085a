"""A traced program behaves as under `python`: the same output, the same exit status."""

import os
import subprocess
import textwrap
import zipfile

import pytest
from both import PYTHON, TRACE, environment, plain, run, same, traced, traces

SCRIPTS = {
    "names_of_main": """
        import sys
        print(sys.argv, sys.path[:3], sys.executable, sys.prefix, sys.base_prefix, sys.orig_argv)
        print(__name__, __file__, __spec__, __package__, __doc__, sorted(globals()))
        print(__builtins__, sys.modules['__main__'], sys.flags, sorted(sys.modules))
        print(sys.stdin.encoding, sys.stdout.encoding, sys.stdout.errors, sys.getfilesystemencoding())
    """,
    "sys_exit_number": "import sys; sys.exit(7)",
    "sys_exit_large": "import sys; sys.exit(300)",
    "sys_exit_text": "import sys; sys.exit('no way')",
    "sys_exit_none": "import sys; sys.exit(None)",
    "sys_exit_tuple": "import sys; sys.exit((1, 2))",
    "system_exit_in_function": """
        def leave():
            raise SystemExit(3)
        try:
            leave()
        finally:
            print('finally')
    """,
    "exception": """
        def inner(x):
            return 1 / x
        def outer():
            inner(0)
        outer()
    """,
    "exception_chain": """
        def f():
            try:
                {}['a']
            except KeyError as e:
                raise ValueError('é\\u20ac') from e
        f()
    """,
    "exception_group": "raise ExceptionGroup('g', [ValueError(1), TypeError(2)])",
    "syntax_error": "x = (1,\ny = 2\n",
    "syntax_error_by_compile": "compile('a b', 'somewhere', 'exec')",
    "wrong_indentation": "if 1:\nprint(2)\n",
    "recursion_error": """
        def f(n):
            return f(n + 1)
        try:
            f(0)
        except RecursionError as e:
            print(e)
        import traceback, sys
        def g(n):
            g(n + 1)
        g(0)
    """,
    "recursion_limit_is_reached_at_the_same_depth": """
        depth = 0
        def f():
            global depth
            depth += 1
            f()
        try:
            f()
        except RecursionError:
            print(depth)
    """,
    "recursion_50000_deep": """
        import sys
        sys.setrecursionlimit(60000)
        def f(n):
            return 0 if n == 0 else 1 + f(n - 1)
        print(f(50000))
    """,
    "own_excepthook": """
        import sys
        sys.excepthook = lambda *a: print('hook', a[0].__name__)
        1 / 0
    """,
    "atexit_order": """
        import atexit, sys
        for i in range(3):
            atexit.register(print, 'exit', i)
        @atexit.register
        def late():
            atexit.register(print, 'registered at exit')
        class D:
            def __del__(self):
                print('del', sys is None)
        d = D()
    """,
    "atexit_raises": """
        import atexit
        atexit.register(lambda: 1 / 0)
    """,
    "os_exit": """
        import atexit, os, sys
        atexit.register(print, 'never')
        print('out'); sys.stdout.flush()
        os._exit(9)
    """,
    "os_exit_wrongly_called": """
        import os
        for arguments in ((), ('a',), (1, 2), (10**30,)):
            try:
                os._exit(*arguments)
            except Exception as e:
                print(type(e), e)
        print(os._exit, os._exit.__doc__ is None, os._exit.__name__, os._exit is __import__('posix')._exit)
        os._exit(status=4)
    """,
    "abort": "import os; os.abort()",
    "output_to_a_closed_pipe": "import sys; sys.stdout.close(); sys.stderr.write('x')",
    "encoding": "# -*- coding: latin-1 -*-\nprint('\\xe9', ascii('é'))\n",
    "threads": """
        import threading, queue
        q, out = queue.Queue(), []
        def work():
            for i in iter(q.get, None):
                out.append(i * i)
        threads = [threading.Thread(target=work, name=f't{i}') for i in range(4)]
        [t.start() for t in threads]
        [q.put(i) for i in range(100)]
        [q.put(None) for t in threads]
        [t.join() for t in threads]
        print(sorted(out)[-1], threading.main_thread() is threading.current_thread())
        print(threading.main_thread().name, threading.active_count(), threading.stack_size())
    """,
    "thread_raises": """
        import threading
        t = threading.Thread(target=lambda: 1 / 0, name='it')
        t.start(); t.join()
    """,
    "thread_outlives_main": """
        import threading, time
        threading.Thread(target=lambda: (time.sleep(.2), print('late'))).start()
        print('main is done')
    """,
    "daemon_thread_at_exit": """
        import threading, time
        def forever():
            while True:
                sum(range(100))
        for _ in range(3):
            threading.Thread(target=forever, daemon=True).start()
        time.sleep(.05)
        print('end')
    """,
    "thread_pool": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(3) as pool:
            print(sum(pool.map(lambda x: x * x, range(200))))
    """,
    "process_pool": """
        from concurrent.futures import ProcessPoolExecutor
        import multiprocessing as mp
        def square(x):
            return x * x
        if __name__ == '__main__':
            for method in ('fork', 'spawn'):
                with ProcessPoolExecutor(2, mp_context=mp.get_context(method)) as pool:
                    print(method, list(pool.map(square, range(5))))
    """,
    "multiprocessing": """
        import multiprocessing as mp, sys
        def child(q):
            q.put((mp.current_process().name, sys.argv, sys.executable))
            sys.exit(5)
        if __name__ == '__main__':
            for method in ('fork', 'spawn', 'forkserver'):
                context = mp.get_context(method)
                q = context.Queue()
                p = context.Process(target=child, args=(q,), name='child')
                p.start(); print(method, q.get()); p.join(); print(p.exitcode)
            p = mp.get_context('fork').Process(target=__import__('time').sleep, args=(60,))
            p.start(); p.terminate(); p.join(); print(p.exitcode)
    """,
    "fork": """
        import os, sys
        def work(n):
            return sum(range(n))
        for code in range(3):
            sys.stdout.flush()
            pid = os.fork()
            if pid == 0:
                print('child', work(code + 5)); sys.stdout.flush()
                if code == 2:
                    sys.exit(code)
                os._exit(code)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        print(work(9))
    """,
    "fork_child_runs_to_the_end": """
        import atexit, os, sys
        atexit.register(lambda: print('exit', os.getpid() == parent))
        parent = os.getpid()
        if os.fork() == 0:
            print('child')
        else:
            print('status', os.wait()[1])
    """,
    "subprocess": """
        import subprocess, sys
        print(subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.argv, sys.executable)', 'x'], text=True))
        print(subprocess.run('exit 3', shell=True).returncode)
        print(subprocess.run([sys.executable, '-c', 'import os; print(sorted(k for k in os.environ if "PYTRACER" in k))'], capture_output=True))
        p = subprocess.Popen(['cat'], stdin=-1, stdout=-1); print(p.communicate(b'abc'))
        p = subprocess.Popen(['sleep', '60'], preexec_fn=lambda: None); p.terminate(); print(p.wait())
    """,
    "open_descriptors": "import os; print(sorted(os.listdir('/proc/self/fd'))[:4])",
    "environment_is_untouched": "import os; print(sorted(os.environ.items()))",
    "signals_as_python_finds_them": """
        import signal
        print([(s, signal.getsignal(s)) for s in sorted(signal.valid_signals())])
        print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    """,
    "alarm": """
        import signal, time
        def ring(number, frame):
            print('rang', number, frame.f_code.co_name)
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, .05)
        end = time.monotonic() + 2
        time.sleep(.2)
        print(time.monotonic() < end)
    """,
    "own_sigterm_handler": """
        import os, signal, sys
        signal.signal(signal.SIGTERM, lambda *a: sys.exit(11))
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    """,
    "keyboard_interrupt_is_caught": """
        import os, signal
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        except KeyboardInterrupt:
            print('caught')
    """,
    "keyboard_interrupt_ends": """
        import os, signal
        def f():
            os.kill(os.getpid(), signal.SIGINT)
            while True:
                pass
        f()
    """,
    "killed_by_itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "inspection": """
        import inspect, sys, traceback
        def f(a, *, b=1):
            frame = sys._getframe()
            return [x.function for x in inspect.stack()], frame.f_back.f_code.co_name
        print(f(1), inspect.signature(f), inspect.getsource(f))
        traceback.print_stack(file=sys.stdout)
    """,
    "generators_and_coroutines": """
        import asyncio
        def g():
            try:
                x = yield 1
                print('got', x)
                yield from range(2)
            finally:
                print('closed')
        it = g(); print(next(it), it.send('s'), next(it)); it.close()
        async def slow(n):
            await asyncio.sleep(0)
            return n
        async def main():
            print(await asyncio.gather(*map(slow, range(3))))
        asyncio.run(main())
    """,
    "tracing_by_the_program_itself": """
        import sys
        seen = []
        def f(x):
            return x + 1
        sys.settrace(lambda fr, ev, arg: seen.append((fr.f_code.co_name, ev)))
        f(1)
        sys.settrace(None)
        sys.setprofile(lambda fr, ev, arg: seen.append((fr.f_code.co_name, ev)))
        f(2)
        sys.setprofile(None)
        print(seen)
    """,
    "warnings": """
        import warnings
        def old():
            warnings.warn('gone', DeprecationWarning, stacklevel=2)
        old()
    """,
    "pickle_of_main": """
        import pickle
        class P:
            def __init__(self, x): self.x = x
            def __eq__(self, o): return self.x == o.x
        print(pickle.loads(pickle.dumps(P(3))) == P(3), P.__module__)
    """,
    "garbage_at_the_end": """
        import weakref, gc
        class Node:
            def __init__(self): self.me = self
            def __del__(self): print('gone')
        n = Node(); weakref.finalize(n, print, 'finalized'); del n
    """,
    "standard_error_is_line_buffered": """
        import sys
        print('a', file=sys.stderr, end=''); print('b'); sys.stdout.flush(); print('c', file=sys.stderr)
    """,
}


def write(folder, text, name="script.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return name


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_behaves_as_under_python(name, tmp_path):
    same([write(tmp_path, SCRIPTS[name]), "one", "--two", "-m", "thrée"], tmp_path)


def test_program_is_read_from_standard_input(tmp_path):
    assert same(["-", "a"], tmp_path, stdin="import sys\nprint(sys.argv, __name__)\n")[1]


def test_input_reaches_the_program(tmp_path):
    write(tmp_path, "import sys\nprint(input(), sys.stdin.read().split(), sys.stdin.isatty())\n")
    out = same(["script.py"], tmp_path, stdin="first\nsecond third\n")[1]
    assert "second" in out


@pytest.mark.parametrize("arguments", [
    ["-c", "import sys; print(sys.argv, sys.path[0], __name__, __spec__)", "a", "-b"],
    ["-c", "raise ValueError('x')"],
    ["-c", "x = "],
    ["-c"],
    ["-m", "platform", "--help"],
    ["-m", "json.tool", "--indent", "1", "nothing.json"],
    ["-m", "no_such_module"],
    ["-m", "package", "x"],
    ["-m", "package.part", "x"],
    ["-m", "package.broken"],
    ["package", "x"],
    ["archive.zip", "x"],
    ["empty"],
    ["."],
    ["-O", "-X", "dev", "-W", "error", "-B", "flags.py"],
    ["-I", "flags.py"],
    ["-uE", "flags.py"],
    ["-V"],
    ["--nonsense"],
    ["-X"],
], ids=" ".join)
def test_python_command_lines(arguments, tmp_path):
    write(tmp_path, "import sys\nprint('main', __package__, __name__, __spec__ and __spec__.name, sys.argv, sys.path[0])\nfrom .part import x\nprint(x)\n", "package/__main__.py")
    write(tmp_path, "print('init')\n", "package/__init__.py")
    write(tmp_path, "x = 1\nprint(__name__)\nif __name__ == '__main__':\n    from . import other\n", "package/part.py")
    write(tmp_path, "print('other')\n", "package/other.py")
    write(tmp_path, "from . import nothing\n", "package/broken.py")
    write(tmp_path, "import sys, os\nprint(sys.flags, sys._xoptions, sys.warnoptions, sys.path[0])\n", "flags.py")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", "import sys, inside\nprint(sys.argv, sys.path[0], __file__)\n1/0\n")
        archive.writestr("inside.py", "print('inside', __name__)\n")
    if arguments[0].startswith("package") or arguments[0] == ".":
        write(tmp_path, "print('main', __name__, __package__)\n", "package/__main__.py")
    if arguments[-1:] in (["-c"], ["-X"]):
        assert traced(arguments, tmp_path)[0] == plain(arguments, tmp_path)[0] == 2
    else:
        same(arguments, tmp_path)


def test_script_elsewhere_in_a_path_with_spaces(tmp_path):
    folder = "a folder/with ünïcode"
    write(tmp_path, "import neighbour, sys\nprint(__file__, sys.path[0], sys.argv)\n1/0\n", f"{folder}/my script.py")
    write(tmp_path, "print('neighbour', __file__)\n", f"{folder}/neighbour.py")
    same([f"{folder}/my script.py", "an argument"], tmp_path)
    same([str(tmp_path / folder / "my script.py")], tmp_path)


@pytest.mark.parametrize("changes", [
    {"PYTHONPATH": "extra:more"}, {"PYTHONUNBUFFERED": "1"}, {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C"}, {"LANG": "C", "LC_ALL": None}, {"PYTHONUTF8": "1"}, {"PYTHONOPTIMIZE": "2"},
    {"PYTHONWARNINGS": "error"}, {"PYTHONNOUSERSITE": "1"}, {"PYTHONSAFEPATH": "1"}, {"PYTHONHASHSEED": "17"},
    {"PYTHONSTARTUP": "nothing.py"}, {"PYTHONFAULTHANDLER": "1"}, {"HOME": "/nowhere"},
], ids=str)
def test_environment_is_honoured(changes, tmp_path):
    write(tmp_path, """
        import sys, locale, site
        print(sys.path, sys.flags, sys.stdout.encoding, hash('a'), site.ENABLE_USER_SITE, site.getusersitepackages())
        print(locale.getpreferredencoding(False), sys.stdout.line_buffering, sys.warnoptions)
    """)
    same(["script.py"], tmp_path, env=environment(**changes))


def test_virtual_environment(tmp_path):
    subprocess.run([PYTHON, "-m", "venv", "--system-site-packages", "--without-pip", tmp_path / "venv"], check=True)
    mine = tmp_path / "venv" / "bin" / "python3"
    site = next((tmp_path / "venv" / "lib").glob("python3*")) / "site-packages"
    (site / "only_here.py").write_text("print('only here')\n")
    write(tmp_path, "import sys, only_here, numpy\nprint(sys.executable, sys.prefix, sys.base_prefix, sys.path, numpy.__file__)\n")
    left = run([mine, "script.py"], tmp_path)
    by_name = run([TRACE, "--python", mine, "script.py"], tmp_path)
    by_variable = run([TRACE, "script.py"], tmp_path, env=environment(VIRTUAL_ENV=tmp_path / "venv"))
    by_path = run([TRACE, "script.py"], tmp_path, env=environment(PATH=f"{mine.parent}:{os.environ['PATH']}"))
    assert left[0] == 0 and left == by_name == by_variable == by_path


def test_numpy_program_prints_the_same(tmp_path):
    write(tmp_path, """
        import numpy as np
        rng = np.random.default_rng(1)
        a = rng.normal(size=(40, 40)); b = a @ a.T
        print(np.linalg.solve(b, a[0]).tobytes().hex(), b.sum(), np.sort(a.ravel())[:3])
        try:
            np.linalg.inv(np.zeros((2, 2)))
        except np.linalg.LinAlgError as e:
            print(e)
        np.linalg.solve(np.zeros((2, 2)), np.ones(2))
    """)
    left = plain(["script.py"], tmp_path)
    assert traced(["script.py"], tmp_path) == left and "Singular" in left[2]
    assert len(traces(tmp_path)) == 1


def test_options_before_the_program_are_ours_and_after_it_are_the_programs(tmp_path):
    write(tmp_path, "import sys\nprint(sys.argv)\n")
    for options in (["script.py"], ["--command", "script.py"], ["--", "script.py"]):
        done = run([TRACE, "--python", PYTHON, *options, "--dry-run", "--help"], tmp_path)
        assert done == (0, "['script.py', '--dry-run', '--help']\n", "")
    done = run([TRACE, "--python", PYTHON, "-c", "import sys; print(sys.argv)", "--seed", "x"], tmp_path)
    assert done == (0, "['-c', '--seed', 'x']\n", "")
