"""Prints what the build must know of the interpreter that runs this file, one
`key=value` a line: trace/CMakeLists.txt reads it."""

import os
import sys
import sysconfig


def libpython():
    """The shared library, if there is one."""
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return ""
    folders = [sysconfig.get_config_var("LIBDIR") or ""]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if multiarch:
        folders.append(os.path.join(folders[0], multiarch))
    folders.append(os.path.join(sys.base_prefix, "lib"))
    for folder in folders:
        path = os.path.join(folder, sysconfig.get_config_var("LDLIBRARY") or "")
        if folder and os.path.isfile(path):
            return path
    return ""


def include():
    """The folder of Python.h. A virtual environment has none of its own."""
    for folder in (sysconfig.get_path("platinclude"), sysconfig.get_path("include")):
        if os.path.isfile(os.path.join(folder, "Python.h")):
            return folder
    return ""


print("implementation=" + sys.implementation.name)
print("version=%d.%d" % sys.version_info[:2])
print("release=" + sys.version.split()[0])
print("threads=" + ("free" if sysconfig.get_config_var("Py_GIL_DISABLED") else "gil"))
print("include=" + include())
print("library=" + libpython())
