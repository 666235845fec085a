#!/bin/bash
# The batch scripts of an experiment without a scheduler.
#   local.sh FIRST LAST [AT_A_TIME]        in the folder that holds trace.sbatch, parse.sbatch
# FIRST is 0, to have the run under IEEE arithmetic too, or 1.
set -u

first=${1:?usage: local.sh FIRST LAST [AT_A_TIME]}
last=${2:?usage: local.sh FIRST LAST [AT_A_TIME]}
jobs=${3:-$(nproc)}
seq "$first" "$last" | xargs -P "$jobs" -I{} env SLURM_ARRAY_TASK_ID={} bash trace.sbatch
exec bash parse.sbatch
