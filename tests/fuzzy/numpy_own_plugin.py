"""A pytest plugin that switches the stochastic arithmetic on before numpy's tests."""

import os
import sys

sys.path.insert(0, os.environ["PYTRACER_TESTS_BIN"])
import numpy as np  # noqa: E402
import pt_fuzzy_module  # noqa: E402

core = getattr(np, "_core", None) or np.core
pt_fuzzy_module.start(core._multiarray_umath, os.environ["PT_FUZZY_LAYERS"], "sr",
                      int(os.environ["PT_FUZZY_SEED"]), 0, 0)
