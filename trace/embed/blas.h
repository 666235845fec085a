/* Which BLAS and LAPACK the process has loaded, and with which kernels: digits differ
 * between them. */
#ifndef PT_EMBED_BLAS_H
#define PT_EMBED_BLAS_H

#include <stddef.h>

struct pt_blas {
    char libraries[4096]; /* paths, separated by NUL */
    size_t libraries_bytes;
    char kernel[64]; /* OpenBLAS's name of its kernels ("Haswell"); empty: not known */
};

/* Reads /proc/self/maps. Thread: safe. */
void pt_blas_find(struct pt_blas *blas);

#endif
