/* What an interpreter is asked: a program that prints, a line each, its implementation,
 * its version X.Y, its release X.Y.Z, "free" or "gil" threads, sys.executable and the
 * file that the process runs. Isolated and without site: the answer does not depend on
 * what is installed. */
#ifndef PT_LAUNCHER_QUESTION_H
#define PT_LAUNCHER_QUESTION_H

#define PT_QUESTION_OPTIONS "-ISc"
#define PT_QUESTION                                                                    \
    "import posix, sys\n"                                                              \
    "v = sys.version_info\n"                                                           \
    "print(sys.implementation.name, '%d.%d' % v[:2], '%d.%d.%d' % v[:3],\n"            \
    "      'free' if 't' in getattr(sys, 'abiflags', '') else 'gil',\n"                \
    "      sys.executable, posix.readlink('/proc/self/exe'), sep='\\n')\n"

enum { PT_QUESTION_ARGUMENTS = 3 }; /* argv[0], the options, the program */

#endif
