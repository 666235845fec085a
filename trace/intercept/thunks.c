#include "intercept/thunks.h"

#include <stddef.h>

/* Each thunk has 16 bytes: the number goes into the sixth argument register, which no
 * calling convention of CPython's methods uses. The first instruction admits indirect
 * calls where the processor checks them. */
#if defined(__x86_64__)
__asm__(".text\n"
        ".p2align 4\n"
        ".type pt_thunks, @function\n"
        "pt_thunks:\n"
        ".set pt_thunk_number, 0\n"
        ".rept 8192\n"
        ".p2align 4\n"
        "endbr64\n"
        "movl $pt_thunk_number, %r9d\n"
        "jmp pt_thunk_call\n"
        ".set pt_thunk_number, pt_thunk_number + 1\n"
        ".endr\n"
        ".size pt_thunks, . - pt_thunks\n");
#define HAVE_THUNKS 1
#elif defined(__aarch64__)
__asm__(".text\n"
        ".p2align 4\n"
        ".type pt_thunks, %function\n"
        "pt_thunks:\n"
        ".set pt_thunk_number, 0\n"
        ".rept 8192\n"
        ".p2align 4\n"
        "hint #34\n"
        "mov w5, #pt_thunk_number\n"
        "b pt_thunk_call\n"
        ".set pt_thunk_number, pt_thunk_number + 1\n"
        ".endr\n"
        ".size pt_thunks, . - pt_thunks\n");
#define HAVE_THUNKS 1
#endif

#ifdef HAVE_THUNKS
extern const char pt_thunks[] __attribute__((visibility("hidden")));

void *pt_thunk(unsigned number)
{
    return number < PT_THUNKS ? (void *)(pt_thunks + 16 * (size_t)number) : NULL;
}
#else
void *pt_thunk(unsigned number)
{
    (void)number;
    return NULL;
}
#endif
