#!/bin/bash
# The viewer on a login or compute node, and the tunnel to it from your own machine.
#   viz.sh RESULT.h5 [JUMP_HOST]
# On a compute node: srun --pty viz.sh RESULT.h5 login.cluster.org
set -u

result=${1:?usage: viz.sh RESULT.h5 [JUMP_HOST]}
jump=${2:-}
viz=${PYTRACER_VIZ:-pytracer-viz}
node=$(hostname -f 2>/dev/null || hostname)
port=${PYTRACER_PORT:-$((20000 + $(id -u) % 20000))}

echo "On your own machine:"
if [ -n "$jump" ]; then
    echo "    ssh -N -J $USER@$jump -L $port:127.0.0.1:$port $USER@$node"
else
    echo "    ssh -N -L $port:127.0.0.1:$port $USER@$node"
fi
echo "then open the address that follows, with its token."
exec "$viz" --filename "$result" --port "$port"
