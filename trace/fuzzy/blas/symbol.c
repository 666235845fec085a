#include <string.h>

#include "base/status.h"
#include "fuzzy/blas/call.h"

static const struct {
    const char *name, *types;
} routines[] = {
#define X(NAME, name, types) {#name, types},
    PT_BLAS_ROUTINES(X)
#undef X
};

static bool drop_end(char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    if (n <= m || strcmp(name + n - m, end) != 0)
        return false;
    name[n - m] = '\0';
    return true;
}

bool pt_blas_symbol_read(const char *symbol, struct pt_blas_symbol *what)
{
    char name[24];
    size_t skip = strncmp(symbol, "scipy_", 6) == 0 ? 6 : 0;
    what->cblas = strncmp(symbol + skip, "cblas_", 6) == 0;
    skip += what->cblas ? 6 : 0;
    size_t length = strlen(symbol + skip);
    if (length < 4 || length >= sizeof name || !strchr("sdcz", symbol[skip]))
        return false;
    memcpy(name, symbol + skip, length + 1);
    what->wide = what->cblas ? drop_end(name, "64_") : drop_end(name, "_64_");
    if (!what->cblas && !what->wide && !drop_end(name, "_"))
        return false;
    what->type = name[0];
    for (size_t i = 0; i < PT_ARRAY_LENGTH(routines); i++)
        if (strcmp(routines[i].name, name + 1) == 0 &&
            strchr(routines[i].types, what->type)) {
            what->routine = (int)i;
            return true;
        }
    int row = what->cblas ? -1 : pt_lapack_row(name + 1, what->type);
    what->routine = PT_BLAS_N + row;
    return row >= 0;
}
