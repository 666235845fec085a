/* The only process of an emulated machine (test_emulated.py): says which kernels its
 * processor gets, runs each program that is named on the command line of Linux after
 * "--", and powers off. What they print goes to the serial port. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fuzzy/kernels.h"

static int run(const char *program)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    printf("kernels %s\n", pt_fuzzy_kernels_best()->name);
    /* Bochs 2.7's multiply-adds are wrong where more than 64 bits cancel (-q y + x, x =
     * 2^-26, y = 0x1.ac619b348f6d2p-19, q = x / y, gives 0 and not
     * 0x1.523f7691d68p-89), so that kernels that have them are compared with each
     * other. On processors that compute rightly those for AVX2 are held to the portable
     * ones. */
    setenv("PYTRACER_TEST_REFERENCE", "avx2", 1);
    for (int i = 1; i < argc; i++) {
        fflush(stdout);
        printf("\n%s ended with %d\n", argv[i], run(argv[i]));
    }
    printf("all have run\n");
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return EXIT_SUCCESS;
}
