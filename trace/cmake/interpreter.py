"""Prints what the build must know of the interpreter that runs this file, one
`key=value` a line: trace/CMakeLists.txt reads it."""

import os
import sys
import sysconfig


def libpython():
    """The library to link: shared if there is one, else static, else nothing."""
    folders = [sysconfig.get_config_var(v) or "" for v in ("LIBDIR", "LIBPL")]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if multiarch:
        folders.append(os.path.join(folders[0], multiarch))
    folders.append(os.path.join(sys.base_prefix, "lib"))
    names = []
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        names.append(sysconfig.get_config_var("LDLIBRARY"))
    names.append(sysconfig.get_config_var("LIBRARY"))
    for name in names:
        for folder in folders:
            path = os.path.join(folder, name or "")
            if folder and os.path.isfile(path):
                return path
    return ""


def include():
    """The folder of Python.h. A virtual environment has none of its own."""
    for folder in (sysconfig.get_path("platinclude"), sysconfig.get_path("include")):
        if os.path.isfile(os.path.join(folder, "Python.h")):
            return folder
    return ""


library = libpython()
static_flags = ""
if library.endswith(".a"):
    words = [sysconfig.get_config_var(v) or "" for v in ("LIBS", "SYSLIBS", "MODLIBS")]
    static_flags = ";".join(" ".join(words).split())

print("implementation=" + sys.implementation.name)
print("version=%d.%d" % sys.version_info[:2])
print("release=" + sys.version.split()[0])
print("threads=" + ("free" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"))
print("include=" + include())
print("library=" + library)
print("static_flags=" + static_flags)
