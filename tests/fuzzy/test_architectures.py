"""The portable kernels on another architecture: they compile for aarch64 without a warning
and, where an emulator is at hand, give the bits that they give here."""

import os
import shutil
import subprocess

import pytest

SOURCE = os.environ["PYTRACER_SOURCE"]
FLAGS = ["-std=gnu11", "-O3", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-D_GNU_SOURCE",
         "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd",
         "-I" + SOURCE + "/trace", "-I" + SOURCE + "/config"]
CROSS = "aarch64-linux-gnu-gcc"
PORTABLE = ["generator.c", "edge.c", "compute.c", "reduce.c", "loops.c", "functions.c", "complex.c",
            "complex_functions.c", "scalar.c", "runtime.c", "kernels.c", "kernels_baseline.c",
            "rounding/rounding.c", "rounding/exits.c", "rounding/exits_code.c", "rounding/workers.c"]

needs_compiler = pytest.mark.skipif(not shutil.which(CROSS), reason="no compiler for aarch64")


def build(compiler, folder, name="kernel_bits", tested=("kernels_baseline.c",)):
    program = str(folder / name)
    sources = [*[os.path.join(SOURCE, "trace/fuzzy", source) for source in tested],
               os.path.join(SOURCE, "tests/fuzzy", name + ".c")]
    subprocess.run([compiler, *FLAGS, "-static", *sources, "-lm", "-o", program], check=True)
    return program


@needs_compiler
@pytest.mark.parametrize("source", PORTABLE)
def test_sources_compile_for_aarch64(source, tmp_path):
    subprocess.run([CROSS, *FLAGS, "-c", os.path.join(SOURCE, "trace/fuzzy", source), "-o",
                    str(tmp_path / "object.o")], check=True)


@needs_compiler
@pytest.mark.skipif(not shutil.which("qemu-aarch64"), reason="no emulator of aarch64")
def test_kernels_give_the_same_bits_on_aarch64(tmp_path):
    (tmp_path / "here").mkdir()
    here = subprocess.run([build("gcc", tmp_path / "here")], check=True, capture_output=True, text=True)
    there = subprocess.run(["qemu-aarch64", build(CROSS, tmp_path)], check=True,
                           capture_output=True, text=True)
    assert here.stdout.count("\n") == 39
    assert there.stdout == here.stdout


EXITS = ["rounding/exits.c", "rounding/exits_code.c"]


@pytest.mark.parametrize("emulator, compiler", [("", "gcc"), ("qemu-aarch64", CROSS)])
def test_the_way_out_of_a_directed_mode_keeps_arguments_results_and_modes(tmp_path, emulator, compiler):
    if not shutil.which(compiler) or (emulator and not shutil.which(emulator)):
        pytest.skip("no compiler for aarch64, or no emulator of it")
    program = build(compiler, tmp_path, "exits", EXITS)
    done = subprocess.run([*emulator.split(), program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "4 modes\n")
