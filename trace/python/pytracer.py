"""Marks for pytracer in a program. Where the program is not traced they do nothing.

    import pytracer

    with pytracer.region("fit"):        # or as a decorator: @pytracer.region("fit")
        model.fit(X, y)                 # in the trace: inside a call "fit"

    pytracer.pause()                    # nothing is recorded from here, in any thread,
    load_data()                         # but inside a region
    pytracer.resume()
"""

try:
    import _pytracer as _tracer
except ImportError:
    _tracer = None

__all__ = ["is_traced", "pause", "region", "resume"]


def is_traced():
    """True where the program runs under pytracer."""
    return _tracer is not None


def pause():
    """Records nothing until resume is called as often."""
    if _tracer is not None:
        _tracer.pause()


def resume():
    """Ends one pause."""
    if _tracer is not None:
        _tracer.resume()


class region:
    """A stretch of the program that the trace shows as a call of this name."""

    def __init__(self, name):
        self.name = str(name)
        self._open = []

    def __enter__(self):
        self._open.append(_tracer.enter(self.name) if _tracer is not None else None)
        return self

    def __exit__(self, kind, exception, traceback):
        mark = self._open.pop()
        if mark is not None:
            _tracer.leave(mark, kind)
        return False

    def __call__(self, function):
        import functools

        @functools.wraps(function)
        def inside(*arguments, **keywords):
            with region(self.name):
                return function(*arguments, **keywords)

        return inside
