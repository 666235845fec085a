"""The kernels for AVX-512 on an emulated processor that has it, for machines that have not: Bochs
(packages bochs and bochs-term) boots a Linux (Debian's package of its kernel is fetched, not
installed; isolinux, syslinux-common, xorriso make the disc) whose only programs are the unit tests.
What they said is shown where one fails. Some ten minutes; skipped where a program is missing."""

import gzip
import os
import re
import select
import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(os.environ["PYTRACER_TESTS_BIN"])
ROMS = Path("/usr/share/bochs")
ISOLINUX = Path("/usr/lib/ISOLINUX/isolinux.bin"), Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")
PROGRAMS = "generator kernels edge loops reduce functions events blas modes".split()

CONFIGURATION = """
cpu: model=corei7_skylake_x, count=1, ips=200000000
memory: guest=512, host=512
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial
display_library: term
clock: sync=none
panic: action=fatal
error: action=ignore
log: bochs.log
"""


def kernel(folder):
    """The kernel of Debian's package, which need not be installed."""
    def said(*command):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout
    package = re.search(r"Depends: (linux-image-\S+)", said("apt-cache", "depends", "linux-image-cloud-amd64"))
    if package:
        said("apt-get", "download", package[1])
        for file in folder.glob("linux-image-*.deb"):
            said("dpkg", "-x", str(file), "kernel")
    return next(folder.glob("kernel/boot/vmlinuz-*"), None)


def archive(files):
    """An initramfs (cpio, newc): {path: (mode, contents, device)}."""
    def padded(data):
        return data + bytes(-len(data) % 4)
    out = b""
    for i, (path, (mode, data, device)) in enumerate([*files.items(), ("TRAILER!!!", (0, b"", (0, 0)))]):
        name = path.lstrip("/").encode() + b"\0"
        fields = i + 1, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0
        out += padded(b"070701" + b"".join(b"%08X" % f for f in fields) + name) + padded(data)
    return gzip.compress(out, 1)


def contents(programs):
    """Files of a machine that can run these, with the libraries and folders that they need."""
    paths = {f"/{program.name}": program for program in programs}
    for program in programs:
        found = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        paths.update((path, Path(path)) for path in re.findall(r"/\S+(?= \()", found))
    folders = {"/dev"} | {str(f) for path in paths for f in Path(path).parents if str(f) != "/"}
    files = {folder: (0o40755, b"", (0, 0)) for folder in sorted(folders)}
    files["/dev/console"] = 0o20600, b"", (5, 1)
    files.update((path, (0o100755, source.read_bytes(), (0, 0))) for path, source in paths.items())
    return files


def boot(folder, programs):
    """What the serial port said until the first program, having run the others, ended."""
    image = kernel(folder)
    if not image:
        pytest.skip("no package of a kernel")
    disc = folder / "disc"
    disc.mkdir()
    for file in ISOLINUX:
        shutil.copy(file, disc)
    shutil.copy(image, disc / "vmlinuz")
    init, *tests = programs
    (disc / "initrd").write_bytes(archive(contents(programs)))
    (disc / "isolinux.cfg").write_text(
        "default x\nprompt 0\nlabel x\nkernel vmlinuz\nappend initrd=initrd console=ttyS0 quiet "
        # Bochs's layout of compacted states is not the one that Linux wants.
        f"mitigations=off nokaslr clearcpuid=xsavec,xsaves rdinit=/{init.name} -- {' '.join('/' + test.name for test in tests)}\n")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-o", folder / "disc.iso", "-b", "isolinux.bin",
                    "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", disc],
                   check=True, capture_output=True)
    (folder / "bochsrc").write_text(CONFIGURATION)
    (folder / "go").write_text("c\n")  # for builds with Bochs's debugger
    said, terminal = os.openpty()  # the only display that every build of Bochs has
    bochs = subprocess.Popen(["setpriv", "--pdeathsig", "KILL",  # so that it ends when a time limit ends this test
                              "bochs", "-q", "-f", "bochsrc", "-rc", "go"], cwd=folder, env={**os.environ, "TERM": "vt100"},
                             stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True)
    serial = folder / "serial"
    try:
        while bochs.poll() is None and not (serial.exists() and b"all have run" in serial.read_bytes()):
            while select.select([said], [], [], 1)[0]:
                os.read(said, 4096)
    finally:
        bochs.kill()
        bochs.wait()
        os.close(said)
        os.close(terminal)
    return serial.read_text(errors="replace").replace("\r", "") if serial.exists() else \
        (folder / "bochs.log").read_text()


@pytest.mark.skipif(not all(map(shutil.which, ("bochs", "setpriv", "xorriso", "apt-get", "ldd"))) or
                    not all(file.exists() for file in ISOLINUX), reason="no Bochs, xorriso or isolinux")
def test_kernels_for_avx512_pass_the_unit_tests(tmp_path):
    tests = [TESTS / f"test_fuzzy_{name}" for name in PROGRAMS]
    said = boot(tmp_path, [TESTS / "pt_fuzzy_emulated_init", *tests])
    assert "kernels avx512" in said, said
    for test in tests:
        assert f"/{test.name} ended with 0\n" in said, said
