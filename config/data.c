#include "data.h"

/* The assembler copies each file as it is and ends it with a NUL. */
#define EMBED(symbol, file)                                                            \
    __asm__(".section .rodata\n"                                                       \
            ".global " #symbol "\n"                                                    \
            ".hidden " #symbol "\n" #symbol ":\n"                                      \
            ".incbin \"" PT_DATA_FOLDER "/" file "\"\n"                                \
            ".byte 0\n"                                                                \
            ".previous\n")

EMBED(pt_data_default_json, "default.json");
EMBED(pt_data_exclude, "exclude.default.txt");
